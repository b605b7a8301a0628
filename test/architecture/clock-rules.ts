import { type ESTree, parseSync, Visitor } from "vite";
import type { ParsedModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";

/** The least that a test, or what waits in one, is given where the module says how long, in milliseconds. */
const LEAST_TIMEOUT_MS = 60_000;

/** Benches measure and are given their time; all other tests must pass on a machine that is slow. */
const MEASURED = /^test\/(?!bench\/).*\.tsx?$/;

const CLOCK = /\b(performance|Date)\s*\.\s*now\s*\(|\bhrtime\b/;
const NAME_OF_TIME = /(Ms|Seconds)$/;
const UPPER_LIMITS: ReadonlySet<string> = new Set(["toBeLessThan", "toBeLessThanOrEqual"]);
const LOWER_LIMITS: ReadonlySet<string> = new Set(["toBeGreaterThan", "toBeGreaterThanOrEqual"]);
const TIMEOUTS: ReadonlySet<string> = new Set(["timeout", "testTimeout", "hookTimeout"]);
/** What waits until it sees something takes its time as `timeoutMs`; that of a call is its deadline, which tests may ask for. */
const WAITS = /^eventually$/;
const ENDS_BY_TIME = /^AbortSignal\.timeout$/;
const GIVEN_TIME = /^(test|it|describe|beforeAll|afterAll|beforeEach|afterEach)\b/;

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * A test does not fail for being slow: what took time by the machine's clock is held against no upper limit, in whatever
 * variable it was kept meanwhile, and nobody who waits gives up early. Assert counts, order or states, and time on a
 * clock that the test controls; print times in a bench.
 */
export const noWallClockLimits: Rule = (module) => {
  if (!MEASURED.test(module.path)) {
    return [];
  }
  const { program } = parseSync(module.path, module.text);
  const at = ({ start }: Span): string => `${module.path}:${module.text.slice(0, start).split("\n").length}`;
  const textOf = ({ start, end }: Span): string => module.text.slice(start, end);
  const isTime = findTimes(module, program);
  const constants = findConstants(program);
  const isShort = (node: Node): boolean => (toNumber(node, constants) ?? LEAST_TIMEOUT_MS) < LEAST_TIMEOUT_MS;
  const found: string[] = [];
  new Visitor({
    CallExpression({ callee, arguments: given }) {
      const [first] = given;
      const last = given.at(-1);
      if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
        const { name } = callee.property;
        const measured = UPPER_LIMITS.has(name) ? callee.object : LOWER_LIMITS.has(name) ? first : undefined;
        if (measured !== undefined && isTime(textOf(measured))) {
          found.push(`${at(callee.property)} holds the time that something took against a limit`);
        }
      }
      if (last === undefined) {
        return;
      }
      const called = textOf(callee);
      const time = WAITS.test(called) ? findProperty(last, "timeoutMs") : last;
      const isGiven = WAITS.test(called) || GIVEN_TIME.test(called) || ENDS_BY_TIME.test(called);
      if (isGiven && time !== undefined && isShort(time)) {
        found.push(`${at(time)} gives a test less time than a slow machine may need`);
      }
    },
    Property(node) {
      const isTimeout = node.key.type === "Identifier" && TIMEOUTS.has(node.key.name);
      if (isTimeout && isShort(node.value)) {
        found.push(`${at(node)} gives a test less time than a slow machine may need`);
      }
    },
  }).visit(program);
  return found;
};

type Node = ESTree.Node;

/** Find what a module calls by a name, once and for all. */
function findConstants(program: ESTree.Program): ReadonlyMap<string, Node> {
  const constants = new Map<string, Node>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init !== null) {
        constants.set(id.name, init);
      }
    },
  }).visit(program);
  return constants;
}

/** Compute a number that the module spells out: a literal, a name of one, a sum or a product. */
function toNumber(node: Node, constants: ReadonlyMap<string, Node>): number | undefined {
  if (node.type === "Literal") {
    return typeof node.value === "number" ? node.value : undefined;
  }
  if (node.type === "Identifier") {
    const constant = constants.get(node.name);
    return constant === undefined || constant === node ? undefined : toNumber(constant, constants);
  }
  if (node.type !== "BinaryExpression") {
    return undefined;
  }
  const [left, right] = [node.left, node.right].map((side) => toNumber(side, constants));
  if (left === undefined || right === undefined) {
    return undefined;
  }
  if (node.operator === "*") {
    return left * right;
  }
  return node.operator === "+" ? left + right : undefined;
}

function findProperty(node: Node, name: string): Node | undefined {
  if (node.type !== "ObjectExpression") {
    return undefined;
  }
  for (const property of node.properties) {
    if (property.type === "Property" && property.key.type === "Identifier" && property.key.name === name) {
      return property.value;
    }
  }
  return undefined;
}

/** Find the names in which a module keeps what it read off the clock. @returns whether a text has one of them, or the clock */
function findTimes(
  { text }: ParsedModule,
  program: ReturnType<typeof parseSync>["program"],
): (expression: string) => boolean {
  const kept: { readonly names: readonly string[]; readonly value: string }[] = [];
  const keep = (target: Span, value: Span | null): void => {
    const names = text.slice(target.start, target.end).match(/\w+/g) ?? [];
    if (value !== null) {
      kept.push({
        names: names.filter((name) => NAME_OF_TIME.test(name)),
        value: text.slice(value.start, value.end),
      });
    }
  };
  new Visitor({
    VariableDeclarator: ({ id, init }) => keep(id, init),
    AssignmentExpression: ({ left, right }) => keep(left, right),
    Property: ({ key, value }) => keep(key, value),
  }).visit(program);
  const times = new Set<string>();
  const isTime = (expression: string): boolean =>
    CLOCK.test(expression) || (expression.match(/\w+/g) ?? []).some((word) => times.has(word));
  for (let before = -1; before < times.size; ) {
    before = times.size;
    for (const { names, value } of kept) {
      if (isTime(value)) {
        for (const name of names) {
          times.add(name);
        }
      }
    }
  }
  return isTime;
}
