import { parseSync, Visitor } from "vite";
import type { ParsedModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";

/** Makes something of options: it closes over them, and cannot say which were meant. */
const FACTORY = /^(create|assemble|open|build)[A-Z]/;

/** What a module itself spells out is seen by the compiler, spread or not. */
const CONSTANT = /^[A-Z][A-Z_]*$/;

/** The packages that name what they pass. */
const NAMING = /^(server\/\w+|sdk|web-demo)\/src\//;

/**
 * What a factory gets is named where it is called: no spread, and no rest of other options. An optional member that is
 * renamed on one side goes through a spread without a word, and what it was for is off; named, it does not compile. The
 * factories of libraries are left out: their options are passed on as users gave them. Members are not put in groups
 * either, as in `{ ...{ a, b }, c }`: each stands on its own.
 */
export const namedArguments: Rule = (module) => (NAMING.test(module.path) ? findUnnamed(module) : []);

function findUnnamed(module: ParsedModule): readonly string[] {
  const { program } = parseSync(module.path, module.text);
  const rests = new Set<string>();
  const foreign = new Set<string>();
  const found: string[] = [];
  const lineOf = (offset: number) => module.text.slice(0, offset).split("\n").length;
  new Visitor({
    ImportDeclaration: ({ source, specifiers }) => {
      if (!source.value.startsWith(".")) {
        for (const { local } of specifiers) {
          foreign.add(local.name);
        }
      }
    },
    RestElement: ({ argument }) => {
      if (argument.type === "Identifier") {
        rests.add(argument.name);
      }
    },
  }).visit(program);
  new Visitor({
    CallExpression({ callee, arguments: given, start }) {
      if (callee.type !== "Identifier" || !FACTORY.test(callee.name) || foreign.has(callee.name)) {
        return;
      }
      const isUnnamed = given.some((argument) => {
        if (argument.type === "Identifier") {
          return rests.has(argument.name);
        }
        return (
          argument.type === "ObjectExpression" &&
          argument.properties.some(
            (part) =>
              part.type === "SpreadElement" &&
              !(part.argument.type === "Identifier" && CONSTANT.test(part.argument.name)),
          )
        );
      });
      if (isUnnamed) {
        found.push(`${module.path}:${lineOf(start)} ${callee.name} gets what is not named`);
      }
    },
    SpreadElement({ argument, start }) {
      if (argument.type !== "ObjectExpression") {
        return;
      }
      found.push(`${module.path}:${lineOf(start)} spreads a group of members`);
    },
  }).visit(program);
  return found;
}
