import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { noStateAtImport } from "./import-state.ts";
import { parseModule } from "./parse-module.ts";

const path = "server/gate/src/authenticate/compact-jws.ts";
const keeps = `${path}:1 keeps state in the module`;

const badInputs: readonly BadInput[] = [
  { bad: 'let last = "";', good: 'function f() {\n  let last = "";\n}', complaint: `${keeps}: let` },
  { bad: "export var count = 0;", good: "export const COUNT = 0;", complaint: `${keeps}: var` },
  {
    bad: "const seen = new Map<string, number>();",
    good: "const NAMES = new Map<string, number>([]);",
    complaint: `${keeps}: Map`,
  },
  {
    bad: "const seen: Set<string> = new Set();",
    good: "const seen = new WeakSet<object>();",
    complaint: `${keeps}: Set`,
  },
  {
    bad: "const cache = new LRUCache<string, number>({ max: 9 });",
    good: "const create = () => new LRUCache<string, number>({ max: 9 });",
    complaint: `${keeps}: LRUCache`,
  },
].map((input) => ({ rule: noStateAtImport, path, ...input }));

describe("importing makes nothing that changes: the rule", () => {
  testRules(badInputs);

  test("is for the server", () => {
    expect(noStateAtImport(parseModule({ path: "test/support/tokens.ts", text: "let count = 0;" }))).toEqual(
      [],
    );
  });
});
