import { describe } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { filledTables } from "./table-rules.ts";

const path = "test/gate/keys/made-up.test.ts";
const empty = "has a table of tests that may be empty";

const badInputs: readonly BadInput[] = [
  {
    bad: "test.each(found.filter(isOdd))('%s', run);",
    good: "test.each(notEmpty(found.filter(isOdd)))('%s', run);",
    complaint: `${path}:1 ${empty}`,
  },
  {
    bad: "const cases = read();\n\ndescribe.each(Object.entries(cases))('%s', run);",
    good: "const cases = { a: 1 };\n\ndescribe.each(Object.entries(cases))('%s', run);",
    complaint: `${path}:3 ${empty}`,
  },
  {
    bad: "for (const one of [...some, ...more]) {\n  test(one, run);\n}",
    good: "for (const one of [...some, 'written out']) {\n  test(one, run);\n}",
    complaint: `${path}:1 ${empty}`,
  },
  {
    bad: "const cases: readonly string[] = [];\nfor (const one of cases) test(one, run);",
    good: "const cases = ['a'] as const;\nfor (const one of cases.map(String)) test(one, run);",
    complaint: `${path}:2 ${empty}`,
  },
  {
    bad: 'import { ownMethods } from "../../support/services.ts";\ntest.for(ownMethods)("%s", run);',
    good: 'import { PROTOCOLS as ways } from "../../support/rpc.ts";\ntest.for(ways)("%s", run);',
    complaint: `${path}:2 ${empty}`,
  },
].map((input) => ({ rule: filledTables, path, ...input }));

describe("a table of tests is not empty: the rule", () => {
  testRules(badInputs);
});
