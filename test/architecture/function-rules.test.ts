import { describe, expect, test } from "vitest";
import { type BadInput, testRules } from "./bad-input.ts";
import { MAX_LINES_IN_ALL, MAX_OWN_LINES, smallFunctions } from "./function-rules.ts";
import { parseModule } from "./parse-module.ts";

const path = "server/gate/src/streams/renewal.ts";

const linesOf = (count: number) => "  work();\n".repeat(count);
const factoryOf = (members: number) =>
  `function createParts() {\n  return {\n${"    run() {\n      work();\n    },\n".repeat(members)}  };\n}\n`;

const badInputs: readonly BadInput[] = [
  {
    rule: smallFunctions,
    path,
    bad: `function renew() {\n${linesOf(MAX_OWN_LINES - 1)}}\n`,
    good: `function renew() {\n${linesOf(MAX_OWN_LINES - 2)}}\n`,
    complaint: `${path}:1 a function has ${MAX_OWN_LINES + 1} lines of its own, more than ${MAX_OWN_LINES}`,
  },
  {
    rule: smallFunctions,
    path,
    bad: factoryOf(33),
    good: factoryOf(32),
    complaint: `${path}:1 a function has 103 lines in all, more than ${MAX_LINES_IN_ALL}`,
  },
  {
    rule: smallFunctions,
    path,
    bad: "const renew = (a, b, c, d) => a;",
    good: "const renew = (a, b, { c, d }) => a;",
    complaint: `${path}:1 a function has 4 parameters, more than 3`,
  },
];

describe("the rule that functions are small", () => {
  testRules(badInputs);

  test("counts the lines of inner functions as theirs", () => {
    const inner = `  const step = () => {\n${linesOf(30)}  };\n`;
    const text = `function renew() {\n${inner}${inner}${linesOf(30)}}\n`;
    expect(smallFunctions(parseModule({ path, text }))).toEqual([]);
  });

  test("does not mind the parameters of a callback", () => {
    const text = 'server.on("stream", (stream, headers, flags, rawHeaders) => undefined);';
    expect(smallFunctions(parseModule({ path, text }))).toEqual([]);
  });
});
