import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { assertAllowed } from "../../../server/gate/src/authorize/decide.ts";
import type { Policy, TokenField } from "../../../server/gate/src/authorize/policy-fields.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { policyOf, principalOf } from "./fixtures.ts";

const NOW = 1500;
const CONTEXT = { clock: createTestClock(NOW * 1000), toleranceSeconds: 5 };

interface Case {
  readonly rule: string;
  readonly policy: Partial<Policy>;
  readonly allowed: Partial<Principal>;
  readonly denied: Partial<Principal>;
  readonly reason: string;
  readonly message: string;
  readonly metadata?: Record<string, string>;
}

/** Every condition on the token. A new one does not compile until it is here, and fails until it is enforced. */
const EACH_ALONE: { readonly [Name in TokenField]: Policy[Name] } = {
  scopes: ["a"],
  anyScopes: ["a"],
  roles: ["a"],
  audiences: ["a"],
  clientIds: ["a"],
  requiresBinding: true,
  maxAuthAgeSeconds: 1,
  acrValues: ["a"],
};

describe("a principal that has nothing is denied by each condition alone:", () => {
  test.each(notEmpty(Object.entries(EACH_ALONE)))("%s", (name, value) => {
    const nothing = principalOf({
      scopes: [],
      roles: [],
      audience: [],
      clientId: "",
      binding: undefined,
      authTimeSeconds: undefined,
    });
    expect(() => assertAllowed(policyOf(), nothing, CONTEXT)).not.toThrow();
    expect(() => assertAllowed(policyOf({ [name]: value }), nothing, CONTEXT)).toThrow(AuthError);
  });
});

const SCOPE = { reason: "INSUFFICIENT_SCOPE", message: "the token lacks a scope that the method needs" };
const ROLE = { reason: "POLICY_DENIED", message: "none of the roles that the method needs" };
const AUDIENCE = { reason: "POLICY_DENIED", message: "the token is not meant for this method" };
const CLIENT = { reason: "POLICY_DENIED", message: "the client may not call this method" };
const BINDING = {
  reason: "BINDING_REQUIRED",
  message: "the method needs a token that is bound to a key of its sender",
};

const cases: readonly Case[] = [
  {
    rule: "all of scopes",
    policy: { scopes: ["read", "write"] },
    allowed: { scopes: ["write", "other", "read"] },
    denied: { scopes: ["read"] },
    ...SCOPE,
    metadata: { scopes: "read write" },
  },
  {
    rule: "scopes without regard to none",
    policy: { scopes: ["read"] },
    allowed: { scopes: ["read"] },
    denied: { scopes: [] },
    ...SCOPE,
    metadata: { scopes: "read" },
  },
  {
    rule: "scopes as they are written",
    policy: { scopes: ["read"] },
    allowed: { scopes: ["read"] },
    denied: { scopes: ["READ", "read:all", "rea"] },
    ...SCOPE,
  },
  {
    rule: "one of any_scopes",
    policy: { anyScopes: ["read", "admin"] },
    allowed: { scopes: ["admin"] },
    denied: { scopes: ["write"] },
    ...SCOPE,
    metadata: { any_scopes: "read admin" },
  },
  {
    rule: "scopes and any_scopes together",
    policy: { scopes: ["read"], anyScopes: ["a", "b"] },
    allowed: { scopes: ["read", "b"] },
    denied: { scopes: ["a", "b"] },
    ...SCOPE,
    metadata: { scopes: "read", any_scopes: "a b" },
  },
  {
    rule: "one of roles",
    policy: { roles: ["admin", "owner"] },
    allowed: { roles: ["owner"] },
    denied: { roles: ["author"], scopes: ["admin"] },
    ...ROLE,
  },
  {
    rule: "one of audiences",
    policy: { audiences: ["vault", "safe"] },
    allowed: { audience: ["ledger", "safe"] },
    denied: { audience: ["ledger"] },
    ...AUDIENCE,
  },
  {
    rule: "one of client_ids",
    policy: { clientIds: ["app", "cli"] },
    allowed: { clientId: "cli" },
    denied: { clientId: "other" },
    ...CLIENT,
  },
  {
    rule: "client_ids of a token that names none",
    policy: { clientIds: ["app"] },
    allowed: { clientId: "app" },
    denied: { clientId: "" },
    ...CLIENT,
  },
  {
    rule: "binding",
    policy: { requiresBinding: true },
    allowed: { binding: { kind: "dpop", jwkThumbprint: "x" } },
    denied: { binding: undefined },
    ...BINDING,
  },
];

describe("the conditions of a policy (S3)", () => {
  for (const { rule, policy, allowed, denied, ...expected } of cases) {
    test(`ask for ${rule}`, () => {
      expect(() => assertAllowed(policyOf(policy), principalOf(allowed), CONTEXT)).not.toThrow();
      const run = () => assertAllowed(policyOf(policy), principalOf(denied), CONTEXT);
      expect(run).toThrowError(AuthError);
      expect(run).toThrowError(expect.objectContaining(expected));
    });
  }

  test("that are not set ask for nothing", () => {
    const nobody = principalOf({ scopes: [], roles: [], clientId: "", authTimeSeconds: undefined });
    expect(() => assertAllowed(policyOf(), nobody, CONTEXT)).not.toThrow();
  });
});

describe("decisions on any policy and principal", () => {
  const names = fc.subarray(["a", "b", "c", "d"]);
  const policies = fc.record({
    scopes: names,
    anyScopes: names,
    roles: names,
    audiences: names,
    clientIds: names,
    requiresBinding: fc.boolean(),
    maxAuthAgeSeconds: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
    acrValues: fc.subarray(["a", "b"]),
  });
  const principals = fc.record({
    scopes: names,
    roles: names,
    audience: names,
    clientId: fc.constantFrom("a", "b", "c", "d", ""),
    binding: fc.constantFrom(undefined, { kind: "dpop", jwkThumbprint: "x" } as const),
    authTimeSeconds: fc.option(fc.integer({ min: NOW - 200, max: NOW }), { nil: undefined }),
    acr: fc.constantFrom("a", "b", "c", undefined),
  });
  const isAllowed = (policy: Partial<Policy>, principal: Partial<Principal>): boolean => {
    try {
      assertAllowed(policyOf(policy), principalOf(principal), CONTEXT);
      return true;
    } catch (error) {
      if (error instanceof AuthError) {
        return false;
      }
      throw error;
    }
  };

  test("are what the sets say", () => {
    fc.assert(
      fc.property(policies, principals, (policy, principal) => {
        const meets = (owned: readonly string[], wanted: readonly string[]) =>
          wanted.length === 0 || owned.some((name) => new Set(wanted).has(name));
        const expected =
          policy.scopes.filter((name) => !principal.scopes.includes(name)).length === 0 &&
          meets(principal.scopes, policy.anyScopes) &&
          meets(principal.roles, policy.roles) &&
          meets(principal.audience, policy.audiences) &&
          meets([principal.clientId], policy.clientIds) &&
          meets(principal.acr === undefined ? [] : [principal.acr], policy.acrValues) &&
          (!policy.requiresBinding || principal.binding !== undefined) &&
          (policy.maxAuthAgeSeconds === undefined ||
            (principal.authTimeSeconds ?? Number.NEGATIVE_INFINITY) >= NOW - policy.maxAuthAgeSeconds);
        expect(isAllowed(policy, principal)).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  test("never get stricter when a token gets more scopes and roles", () => {
    fc.assert(
      fc.property(policies, principals, names, (policy, principal, more) => {
        const richer = {
          ...principal,
          scopes: [...principal.scopes, ...more],
          roles: [...principal.roles, ...more],
        };
        expect(!isAllowed(policy, principal) || isAllowed(policy, richer)).toBe(true);
      }),
    );
  });

  test("never get looser when a policy asks for one scope more", () => {
    fc.assert(
      fc.property(policies, principals, fc.constantFrom("a", "b", "z"), (policy, principal, scope) => {
        const stricter = { ...policy, scopes: [...policy.scopes, scope] };
        expect(!isAllowed(stricter, principal) || isAllowed(policy, principal)).toBe(true);
      }),
    );
  });
});
