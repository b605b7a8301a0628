import { type CelResult, celEnv, isCelError, parse, plan } from "@bufbuild/cel";
import { create, createRegistry } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { Order } from "./order-file.ts";

/** Errors that no message can cure: a rule that passes the check must not have them. A key may be missing in a map. */
const INCURABLE = /^(unbound function|found no matching overload|type mismatch|unresolved)/;

/** What is only known when it comes: a list of several types, a value of one of two, what stands under a key. */
const IS_OPEN = /\?|\[|\.map|\.filter/;

const ATOMS = [
  "request.owner",
  "request.owner.name",
  "request.cents",
  "request.weight",
  "request.count",
  "request.text",
  "request.paid",
  "request.state",
  "request.tags",
  "request.people",
  "request.labels",
  "request.at",
  "request.within",
  "request.note",
  "1",
  "2u",
  "1.5",
  "'a'",
  "true",
  "['a']",
  "{'a': 1}",
];

/** Expressions of any form, most of them without sense. */
const expressions = fc.letrec<{ any: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, depthSize: "small" },
    fc.constantFrom(...ATOMS),
    fc
      .tuple(tie("any"), fc.constantFrom("==", "!=", "<", ">=", "+", "-", "*", "&&", "||", "in"), tie("any"))
      .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    tie("any").map((inner) => `!${inner}`),
    fc
      .tuple(tie("any"), tie("any"), tie("any"))
      .map(([when, then, otherwise]) => `(${when} ? ${then} : ${otherwise})`),
    fc
      .tuple(tie("any"), fc.constantFrom("name", "age", "a", "seconds"))
      .map(([of, field]) => `${of}.${field}`),
    fc
      .tuple(tie("any"), fc.constantFrom("startsWith", "contains", "getFullYear"), tie("any"))
      .map(([of, method, argument]) => `${of}.${method}(${argument})`),
    fc
      .tuple(tie("any"), fc.constantFrom("all", "exists", "filter", "map"), tie("any"))
      .map(([of, macro, inner]) => `${of}.${macro}(x, ${inner.replace("'a'", "x")})`),
    tie("any").map((inner) => `size(${inner})`),
    tie("any").map((inner) => `string(${inner})`),
    fc.tuple(tie("any"), tie("any")).map(([of, index]) => `${of}[${index}]`),
  ),
})).any;

const message = create(Order, {
  owner: { name: "a", age: 1 },
  cents: 1n,
  text: "a",
  tags: ["a", "b"],
  people: [{ name: "a", age: 1 }],
  labels: { a: "a", b: "b" },
  at: { seconds: 60n },
  within: { seconds: 90n },
  note: "n",
});

function isTaken(expression: string): boolean {
  try {
    compileRule(expression, Order);
    return true;
  } catch {
    return false;
  }
}

describe("whatever a rule says", () => {
  const env = celEnv({ registry: createRegistry(Order.file) });
  const run = (expression: string): CelResult =>
    plan(env, parse(expression))({ request: message, principal: new Map() });

  test("it has no error that could have been found at start, once it is taken", () => {
    let taken = 0;
    fc.assert(
      fc.property(expressions, (expression) => {
        if (!isTaken(expression)) {
          return;
        }
        taken += 1;
        const result = run(expression);
        if (isCelError(result) && !IS_OPEN.test(expression)) {
          expect([expression, result.message]).toEqual([expression, expect.not.stringMatching(INCURABLE)]);
        }
      }),
      { numRuns: 3000 },
    );
    expect(taken).toBeGreaterThan(20);
  });

  test("it is taken when it is true without comparing values of two types", () => {
    fc.assert(
      fc.property(expressions, (expression) => {
        const result = run(expression);
        if (
          typeof result === "boolean" &&
          !/==|!=|\bin\b|&&|\|\||\?|exists|all|map|filter|\[/.test(expression)
        ) {
          expect([expression, isTaken(expression)]).toEqual([expression, true]);
        }
      }),
      { numRuns: 3000 },
    );
  });
});
