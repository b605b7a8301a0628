import { parseSync, Visitor } from "vite";
import type { ParsedModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";

/** How many lines of its own a function has at most: those of the functions inside it are theirs. */
export const MAX_OWN_LINES = 40;

/** How many lines a function has at most, with the functions inside it: a factory and what it returns. */
export const MAX_LINES_IN_ALL = 100;

/** These put the parts of a session of the SDK together, and do nothing else: to split them costs bytes of every page. */
const ASSEMBLIES = new Set(["sdk/src/core/assemble-session.ts", "sdk/src/core/from-session.ts"]);

/** How many parameters a function has at most. */
const MAX_PARAMETERS = 3;

interface Measured {
  readonly start: number;
  readonly end: number;
  readonly parameters: number;
}

/**
 * Shipped functions are short and take few parameters. A callback takes what its caller passes, which may be a library.
 * Components of the page are markup for the most part, and are left out.
 */
export const smallFunctions: Rule = (module) => {
  const isMeant =
    /^(server\/\w+|sdk|web-demo)\/src\/.*\.ts$/.test(module.path) && !ASSEMBLIES.has(module.path);
  return isMeant ? measureFunctions(module).flatMap(complaints) : [];
};

function complaints({
  at,
  ownLines,
  lines,
  parameters,
}: ReturnType<typeof measureFunctions>[number]): readonly string[] {
  const found: string[] = [];
  if (ownLines > MAX_OWN_LINES) {
    found.push(`${at} a function has ${ownLines} lines of its own, more than ${MAX_OWN_LINES}`);
  }
  if (lines > MAX_LINES_IN_ALL) {
    found.push(`${at} a function has ${lines} lines in all, more than ${MAX_LINES_IN_ALL}`);
  }
  if (parameters > MAX_PARAMETERS) {
    found.push(`${at} a function has ${parameters} parameters, more than ${MAX_PARAMETERS}`);
  }
  return found;
}

function measureFunctions(module: ParsedModule) {
  const functions: Measured[] = [];
  const lineOf = (offset: number) => module.text.slice(0, offset).split("\n").length;
  const linesOf = ({ start, end }: Measured) => lineOf(end) - lineOf(start) + 1;
  const callbacks = new Set<number>();
  const see = ({ start, end, params }: { start: number; end: number; params: readonly unknown[] }) =>
    functions.push({ start, end, parameters: callbacks.has(start) ? 0 : params.length });
  new Visitor({
    CallExpression: ({ arguments: given }) => {
      for (const { start } of given) {
        callbacks.add(start);
      }
    },
    FunctionDeclaration: see,
    FunctionExpression: see,
    ArrowFunctionExpression: see,
  }).visit(parseSync(module.path, module.text).program);
  const isInside = (inner: Measured, outer: Measured) =>
    inner !== outer && inner.start >= outer.start && inner.end <= outer.end;
  return functions.map((one) => {
    const inside = functions.filter((other) => isInside(other, one));
    const direct = inside.filter((other) => !inside.some((between) => isInside(other, between)));
    // The line that a function begins on is one of the function around it.
    const theirs = direct.reduce((sum, other) => sum + linesOf(other) - 1, 0);
    const lines = linesOf(one);
    return {
      at: `${module.path}:${lineOf(one.start)}`,
      lines,
      ownLines: lines - theirs,
      parameters: one.parameters,
    };
  });
}
