import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type ESTree, parseSync, Visitor } from "vite";
import { resolveImport } from "./import-graph.ts";
import type { ParsedModule } from "./parse-module.ts";
import type { Rule } from "./rules.ts";
import { repositoryRoot } from "./source-tree.ts";

const TESTS = /^test\/.*\.test\.tsx?$/;

const EACH = /^(test|it|describe)(\.\w+)*\.(each|for)$/;
const DEFINES_TESTS = /^\s*(test|it|describe)\b/m;

/** Hand on as many entries as they are given. */
const OF_SAME_LENGTH = new Set(["map", "entries", "values", "keys", "toSorted", "toReversed"]);

/**
 * A table of tests that may come out empty says so: what is filtered, read or found goes through `notEmpty`. An empty
 * table has no tests, and no tests do not fail. Tables that are written out, here or where they are imported from, need
 * nothing.
 */
export const filledTables: Rule = (module) => {
  if (!TESTS.test(module.path)) {
    return [];
  }
  const { text, path } = module;
  const scope = readScope(module);
  const found: string[] = [];
  const judge = (table: Node | undefined): void => {
    if (table === undefined || isFilled(table, scope)) {
      return;
    }
    const line = text.slice(0, table.start).split("\n").length;
    found.push(`${path}:${line} has a table of tests that may be empty`);
  };
  const textOf = ({ start, end }: Node): string => text.slice(start, end);
  new Visitor({
    CallExpression({ callee, arguments: [table] }) {
      if (EACH.test(textOf(callee))) {
        judge(table);
      }
    },
    ForOfStatement({ right, body }) {
      const statements = body.type === "BlockStatement" ? body.body : [body];
      if (statements.some((statement) => DEFINES_TESTS.test(textOf(statement)))) {
        judge(right);
      }
    },
  }).visit(scope.program);
  return found;
};

type Node = ESTree.Node;

interface Origin {
  readonly path: string;
  /** What the name is there. */
  readonly name: string;
}

/** What the names of a module stand for. */
interface Scope {
  readonly path: string;
  readonly program: ESTree.Program;
  readonly constants: ReadonlyMap<string, Node>;
  /** Where names come from, by the name that they have here. */
  readonly imports: ReadonlyMap<string, Origin>;
}

function readScope({ path, text }: Pick<ParsedModule, "path" | "text">): Scope {
  const { program } = parseSync(path, text);
  const constants = new Map<string, Node>();
  const imports = new Map<string, Origin>();
  new Visitor({
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && init !== null) {
        constants.set(id.name, init);
      }
    },
    ImportDeclaration({ source, specifiers }) {
      const target = resolveImport(path, source.value);
      if (target === undefined) {
        return;
      }
      for (const one of specifiers) {
        if (one.type === "ImportSpecifier" && one.imported.type === "Identifier") {
          imports.set(one.local.name, { path: target, name: one.imported.name });
        }
      }
    },
  }).visit(program);
  return { path, program, constants, imports };
}

/** Whether an expression stands for at least one entry, whatever is found when it runs. */
function isFilled(node: Node, scope: Scope): boolean {
  if (node.type === "TSAsExpression" || node.type === "TSSatisfiesExpression") {
    return isFilled(node.expression, scope);
  }
  if (node.type === "ArrayExpression") {
    return node.elements.some((one) => one !== null && isEntryFilled(one, scope));
  }
  if (node.type === "ObjectExpression") {
    return node.properties.some((one) => isEntryFilled(one, scope));
  }
  if (node.type === "CallExpression") {
    return isCallFilled(node, scope);
  }
  return node.type === "Identifier" && isNameFilled(node.name, scope);
}

function isEntryFilled(node: Node, scope: Scope): boolean {
  return node.type !== "SpreadElement" || isFilled(node.argument, scope);
}

function isCallFilled({ callee, arguments: [first] }: ESTree.CallExpression, scope: Scope): boolean {
  if (callee.type === "Identifier") {
    return callee.name === "notEmpty";
  }
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") {
    return false;
  }
  const { object, property } = callee;
  if (object.type === "Identifier" && object.name === "Object") {
    return first !== undefined && isFilled(first, scope);
  }
  return OF_SAME_LENGTH.has(property.name) && isFilled(object, scope);
}

function isNameFilled(name: string, scope: Scope): boolean {
  const constant = scope.constants.get(name);
  if (constant !== undefined) {
    return isFilled(constant, scope);
  }
  const origin = scope.imports.get(name);
  const file = join(repositoryRoot, origin?.path ?? "");
  if (origin === undefined || !existsSync(file)) {
    return false;
  }
  return isNameFilled(origin.name, readScope({ path: origin.path, text: readFileSync(file, "utf8") }));
}
