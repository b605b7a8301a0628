import { parseSync, Visitor } from "vite";
import type { ParsedModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";

/** Makes something of options: it closes over them, and cannot say which were meant. */
const FACTORY = /^(create|assemble)[A-Z]/;

/** What a module itself spells out is seen by the compiler, spread or not. */
const CONSTANT = /^[A-Z][A-Z_]*$/;

/** The packages that name what they pass. */
const NAMING = /^(sdk|server\/gate)\/src\//;

/**
 * What a factory gets is named where it is called: no spread, and no rest of other options. An optional member that is
 * renamed on one side goes through a spread without a word, and what it was for is off; named, it does not compile. The
 * factories of libraries are left out: their options are passed on as users gave them.
 */
export const namedArguments: Rule = (module) => (NAMING.test(module.path) ? findUnnamed(module) : []);

function findUnnamed(module: ParsedModule): readonly string[] {
  const { program } = parseSync(module.path, module.text);
  const rests = new Set<string>();
  const foreign = new Set<string>();
  const found: string[] = [];
  new Visitor({
    ImportDeclaration: ({ source, specifiers }) => {
      if (!source.value.startsWith(".")) for (const { local } of specifiers) foreign.add(local.name);
    },
    RestElement: ({ argument }) => {
      if (argument.type === "Identifier") rests.add(argument.name);
    },
  }).visit(program);
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      if (callee.type !== "Identifier" || !FACTORY.test(callee.name) || foreign.has(callee.name)) return;
      const isUnnamed = given.some((argument) => {
        if (argument.type === "Identifier") return rests.has(argument.name);
        return (
          argument.type === "ObjectExpression" &&
          argument.properties.some(
            (part) =>
              part.type === "SpreadElement" &&
              !(part.argument.type === "Identifier" && CONSTANT.test(part.argument.name)),
          )
        );
      });
      const line = module.text.slice(0, start).split("\n").length;
      if (isUnnamed) found.push(`${module.path}:${line} ${callee.name} gets what is not named`);
    },
  }).visit(program);
  return found;
}
