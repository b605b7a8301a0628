import { describe, expect, test } from "vitest";
import {
  assertClaimRules,
  assertTenant,
  type ClaimRules,
} from "../../../server/gate/src/authenticate/issuer-rules.ts";

const rules = (some: Partial<ClaimRules>): ClaimRules => ({
  required: new Map(),
  present: [],
  forbidden: [],
  ...some,
});
/** As a token is parsed: `__proto__` is a member like any other. */
const claims = (text: string): Readonly<Record<string, unknown>> => JSON.parse(text);

describe("a claim that must be there", () => {
  test.each([['{"azp":"spa"}'], ['{"azp":0}'], ['{"azp":false}'], ['{"azp":[]}']])(
    "is there in %s",
    (text) => {
      expect(() => assertClaimRules(claims(text), rules({ present: ["azp"] }))).not.toThrow();
    },
  );

  test.each([["{}"], ['{"azp":null}'], ['{"azp":""}'], ['{"AZP":"spa"}'], ['{"__proto__":{"azp":"spa"}}']])(
    "is missing in %s",
    (text) => {
      expect(() => assertClaimRules(claims(text), rules({ present: ["azp"] }))).toThrow(
        "claim azp is missing",
      );
    },
  );

  test("could say anything, as the operator is told", () => {
    const facts = { check: "claim", expected: "any value", got: "absent" };
    expect(() => assertClaimRules({}, rules({ present: ["azp"] }))).toThrow(
      expect.objectContaining({ facts }),
    );
  });

  test.each(["toString", "constructor", "__proto__", "hasOwnProperty"])(
    "is not what every object has: %s",
    (name) => {
      expect(() => assertClaimRules({}, rules({ present: [name] }))).toThrow(`claim ${name} is missing`);
    },
  );
});

test("a claim that must say one of several things says it exactly", () => {
  const required = rules({ required: new Map([["level", [1, "high"]]]) });
  expect(() => assertClaimRules({ level: 1 }, required)).not.toThrow();
  expect(() => assertClaimRules({ level: "high" }, required)).not.toThrow();
  for (const level of ["1", true, ["high"], "High", undefined]) {
    expect(() => assertClaimRules({ level }, required)).toThrow(
      "claim level does not have a value that is required",
    );
  }
});

describe("a tenant that is not allowed", () => {
  const refusalOf = (isAllowed: (tenant: string) => unknown): unknown => {
    const rule = { claim: "tid", before: "https://id.example/", after: "", isAllowed };
    try {
      assertTenant({ tid: "acme" }, "https://id.example/acme", rule);
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const answered = "true or false of the function in tenants, for acme";
  const cases: readonly (readonly [string, (tenant: string) => unknown, object])[] = [
    ["by a no", () => false, { expected: "a tenant that is allowed", got: "acme" }],
    ["by a promise", async () => true, { expected: answered, got: "a promise" }],
    [
      "by one that rejects",
      () => Promise.reject(new Error("down")),
      { expected: answered, got: "a promise" },
    ],
    ["by nothing", () => undefined, { expected: answered, got: "absent" }],
    ["by another value", () => "yes", { expected: answered, got: "yes" }],
  ];
  test.each(cases)("%s is refused, and the operator learns of it", (_, isAllowed, facts) => {
    expect(refusalOf(isAllowed)).toMatchObject({
      message: "the tenant is not trusted",
      facts: { check: "tenant", ...facts },
    });
  });

  test("by a function that throws is refused with the code of what it threw, not the message, which may repeat a secret", () => {
    const isAllowed = () => {
      throw Object.assign(new TypeError("no answer for Bearer sekret"), { code: "ETENANTS" });
    };
    expect(refusalOf(isAllowed)).toMatchObject({
      facts: { expected: answered, got: "error: ETENANTS" },
    });
  });
});

test("a claim that is refused is refused whatever it says", () => {
  for (const nonce of ["n", "", null, false]) {
    expect(() => assertClaimRules({ nonce }, rules({ forbidden: ["nonce"] }))).toThrow(
      "claim nonce is one that is refused",
    );
  }
  expect(() => assertClaimRules({}, rules({ forbidden: ["nonce", "toString"] }))).not.toThrow();
});
