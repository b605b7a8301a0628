import { describe, expect, test } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { assertTimely } from "../../../server/gate/src/authenticate/token-times.ts";
import { assertAllowed } from "../../../server/gate/src/authorize/decide.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { Facts } from "../../../server/gate/src/errors/facts.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { policyOf, principalOf } from "./fixtures.ts";

const NOW_SECONDS = 1500;

interface Case {
  readonly policy: Partial<Policy>;
  readonly principal: Partial<Principal>;
  readonly facts: Facts;
}

const CASES: readonly Case[] = [
  {
    policy: { scopes: ["read", "write"] },
    principal: { scopes: ["read"] },
    facts: { check: "scopes", expected: "read, write", got: "[read]" },
  },
  {
    policy: { scopes: ["read"], anyScopes: ["a", "b"] },
    principal: { scopes: ["read"] },
    facts: { check: "scopes", expected: "one of a, b", got: "[read]" },
  },
  {
    policy: { roles: ["admin"] },
    principal: { roles: [] },
    facts: { check: "roles", expected: "admin", got: "an empty list" },
  },
  {
    policy: { audiences: ["billing", "ledger-admin"] },
    principal: { audience: ["ledger\u001b[2J"] },
    facts: {
      check: "audience_of_method",
      expected: "one of billing, ledger-admin",
      got: "[ledger\\u{1b}[2J]",
    },
  },
  {
    policy: { clientIds: ["console"] },
    principal: { clientId: "" },
    facts: { check: "client", expected: "console", got: '""' },
  },
  {
    policy: { requiresBinding: true },
    principal: {},
    facts: { check: "binding", expected: "claim cnf", got: "absent" },
  },
  {
    policy: { maxAuthAgeSeconds: 60 },
    principal: { authTimeSeconds: NOW_SECONDS - 90 },
    facts: { check: "auth_age", expected: "a sign-in at most 60 s ago", got: "one 90 s ago" },
  },
  {
    policy: { maxAuthAgeSeconds: 60 },
    principal: { authTimeSeconds: NOW_SECONDS + 90 },
    facts: {
      check: "auth_age",
      expected: "a sign-in at most 60 s ago",
      got: "claim auth_time 90 s ahead",
    },
  },
  {
    policy: { maxAuthAgeSeconds: 60, acrValues: ["gold"] },
    principal: { authTimeSeconds: undefined },
    facts: { check: "auth_age", expected: "a sign-in at most 60 s ago", got: "no claim auth_time" },
  },
  {
    policy: { maxAuthAgeSeconds: 60, acrValues: ["gold", "platinum"] },
    principal: { authTimeSeconds: NOW_SECONDS, acr: "bronze", claims: { acr: "bronze" } },
    facts: { check: "acr", expected: "one of gold, platinum", got: "bronze" },
  },
];

function factsOf(run: () => void): Facts | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof AuthError) {
      return error.facts;
    }
    throw error;
  }
  return undefined;
}

describe("a call that a policy denies says to the operator what was needed and what there was:", () => {
  test.each(notEmpty(CASES))("$facts.check", ({ policy, principal, facts }) => {
    const context = { clock: createTestClock(NOW_SECONDS * 1000), toleranceSeconds: 5 };
    expect(factsOf(() => assertAllowed(policyOf(policy), principalOf(principal), context))).toEqual(facts);
  });
});

describe("a token whose time is not now says by how many seconds", () => {
  const times = { notBeforeSeconds: 1000, expiresAtSeconds: 2000 };

  test("it has expired", () => {
    expect(factsOf(() => assertTimely(times, 2042.5, 5))).toEqual({
      check: "expiry",
      expected: "exp less than 5 s ago",
      got: "42.5 s ago",
    });
  });

  test("it comes too early", () => {
    expect(factsOf(() => assertTimely(times, 963, 5))).toEqual({
      check: "not_before",
      expected: "the later of iat and nbf at most 5 s ahead",
      got: "37 s ahead",
    });
  });
});
