import { celEnv, celMap, parse } from "@bufbuild/cel";
import { create, createFileRegistry, createRegistry, type Registry } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileRule } from "../../../server/gate/src/authorize/rule.ts";
import { createRulePrincipals } from "../../../server/gate/src/authorize/rule-principal.ts";
import { compileTextComparison } from "../../../server/gate/src/authorize/text-comparison.ts";
import { createTypedClaims } from "../../../server/gate/src/authorize/typed-claims.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { principalOf } from "./fixtures.ts";
import { Claims, Order } from "./order-file.ts";

const ORDERS = createRegistry(Order.file);

function compile(expression: string, registry: Registry = ORDERS) {
  return compileTextComparison(parse(expression).expr, { input: Order, env: celEnv({ registry }) });
}

const ADA = celMap(new Map([["subject", "ada"]]));

describe("a rule that compares texts", () => {
  test.each(
    notEmpty([
      { rule: "request.text == principal.subject", result: true },
      { rule: "request.text != principal.subject", result: false },
      { rule: 'principal["subject"] == request.owner.name', result: false },
      { rule: '"ada" == principal.subject && request.text == "ada"', result: true },
      { rule: 'principal.subject == "eve" || request.text == "ada"', result: true },
      { rule: 'principal.subject == "eve" && principal.acr == "2"', result: false },
      { rule: 'principal.subject == "ada" || principal.acr == "2"', result: true },
      { rule: "principal.acr == request.text", result: undefined },
      { rule: 'principal.subject.name == "ada"', result: undefined },
      { rule: 'principal.subject == "ada" && principal.acr == "2"', result: undefined },
    ]),
  )("needs no evaluator where all that decides it is text: $rule", ({ rule, result }) => {
    const order = create(Order, { text: "ada", owner: { name: "eve" } });
    expect(compile(rule)?.(ADA, order)).toBe(result);
  });

  test.each(
    notEmpty([
      "principal.subject in ['ada']",
      "principal.claims.level == 1",
      "request.cents == 1",
      "request.note == 'n'",
      "request.extra.name == 'n'",
      "request.labels.a == 'n'",
      "request.nothing == 'n'",
      "request == principal",
      "principal.roles[0] == 'admin'",
      "other.text == 'n'",
      "!(request.text == 'a')",
      "has(request.text) == true",
      "request.tags.all(principal, principal == 'a')",
      "request.text.size() == 1",
      "true",
    ]),
  )("is none that does anything else: %s", (rule) => {
    expect(compile(rule)).toBeUndefined();
  });

  test("is none where a type has the name of what it compares: the language takes the type", () => {
    const file = create(FileDescriptorProtoSchema, {
      name: "test/v1/request.proto",
      package: "request",
      syntax: "proto3",
      messageType: [{ name: "text" }],
    });
    const types = createRegistry(
      Order.file,
      createFileRegistry(file, () => undefined),
    );
    expect(compile("request.text == 'a'", types)).toBeUndefined();
    expect(compile("principal.subject == 'a'", types)).toBeDefined();
  });
});

const TEXTS = ["a", "b", "", "constructor", "__proto__"];
const OPERANDS = [
  "request.text",
  "request.owner.name",
  "principal.subject",
  "principal.acr",
  "principal.actor.subject",
  "principal.claims.nickname",
  'principal.claims["nickname"]',
  ...TEXTS.map((text) => JSON.stringify(text)),
];
const DYNAMIC_ONLY = [
  "principal.claims.home.name",
  "principal.claims.constructor",
  'principal.claims["a.b"]',
];

function rulesOver(operands: readonly string[]) {
  return fc.letrec<{ any: string }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 2 },
      fc
        .tuple(
          fc.constantFrom(...operands),
          fc.constantFrom("==", "!="),
          fc.constantFrom("request.text", ...operands),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc
        .tuple(tie("any"), fc.constantFrom("&&", "||"), tie("any"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
    ),
  })).any;
}

const texts = fc.constantFrom(...TEXTS);
const values = fc.oneof(texts, fc.constantFrom<unknown>(1, true, null, ["a"], { name: "a" }, undefined));
const callers = fc.record({
  subject: texts,
  acr: fc.option(texts, { nil: undefined }),
  actor: fc.option(
    texts.map((subject) => ({ subject, issuer: undefined, clientId: undefined, actor: undefined })),
    { nil: undefined },
  ),
  claims: fc.record({ nickname: values, home: values, "a.b": values }, { requiredKeys: [] }),
});
const orders = fc.record({ text: texts, owner: fc.option(texts.map((name) => ({ name }))) });

describe("a rule", () => {
  const typed = { principals: createRulePrincipals(createTypedClaims(Claims, () => {})), file: Claims.file };
  test.each(
    notEmpty([
      { claims: "as they are", operands: [...OPERANDS, ...DYNAMIC_ONLY], context: undefined },
      { claims: "that a message describes", operands: OPERANDS, context: typed },
    ]),
  )("allows what the evaluator finds true, and nothing else: claims $claims", ({ operands, context }) => {
    const calls = fc.tuple(rulesOver(operands), callers, orders);
    fc.assert(
      fc.property(calls, ([expression, caller, { text, owner }]) => {
        const rule = compileRule(expression, Order, context);
        const order = create(Order, owner === null ? { text } : { text, owner });
        const principal = principalOf(caller);
        expect(rule.allows(principal, order)).toBe(rule.describe(principal, order) === "true");
      }),
      { numRuns: 2000 },
    );
  });
});
