import { describe, expect, test } from "vitest";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { assertAllowed } from "../../../server/gate/src/authorize/decide.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { policyOf, principalOf } from "./fixtures.ts";

const NOW = 1500;
const CONTEXT = { clock: createTestClock(NOW * 1000), toleranceSeconds: 5 };
const REAUTH = { reason: "REAUTH_REQUIRED", message: "the user must sign in again for this method" };

interface Case {
  readonly rule: string;
  readonly policy: Partial<Policy>;
  readonly allowed: Partial<Principal>;
  readonly denied: Partial<Principal>;
  readonly metadata: Record<string, string>;
}

const cases: readonly Case[] = [
  {
    rule: "max_auth_age",
    policy: { maxAuthAgeSeconds: 300 },
    allowed: { authTimeSeconds: NOW - 300 },
    denied: { authTimeSeconds: NOW - 300.001 },
    metadata: { max_age: "300" },
  },
  {
    rule: "max_auth_age of a token without auth_time",
    policy: { maxAuthAgeSeconds: 300 },
    allowed: { authTimeSeconds: NOW },
    denied: { authTimeSeconds: undefined },
    metadata: { max_age: "300" },
  },
  {
    rule: "max_auth_age of a token whose auth_time is yet to come",
    policy: { maxAuthAgeSeconds: 300 },
    allowed: { authTimeSeconds: NOW + 5 },
    denied: { authTimeSeconds: NOW + 6 },
    metadata: { max_age: "300" },
  },
  {
    rule: "max_auth_age of a token whose auth_time is in milliseconds",
    policy: { maxAuthAgeSeconds: 300 },
    allowed: { authTimeSeconds: NOW },
    denied: { authTimeSeconds: NOW * 1000 },
    metadata: { max_age: "300" },
  },
  {
    rule: "one of acr_values",
    policy: { acrValues: ["mfa", "phr"] },
    allowed: { acr: "phr" },
    denied: { acr: "pwd" },
    metadata: { acr_values: "mfa phr" },
  },
  {
    rule: "acr_values of a token without acr",
    policy: { acrValues: ["mfa"] },
    allowed: { acr: "mfa" },
    denied: { acr: undefined },
    metadata: { acr_values: "mfa" },
  },
  {
    rule: "acr_values and max_auth_age at once, so that one sign-in is enough",
    policy: { acrValues: ["mfa"], maxAuthAgeSeconds: 300 },
    allowed: { acr: "mfa", authTimeSeconds: NOW },
    denied: { acr: "pwd", authTimeSeconds: NOW },
    metadata: { max_age: "300", acr_values: "mfa" },
  },
];

describe("the conditions of a policy on how the user signed in (S3)", () => {
  test.each(notEmpty(cases))("ask for $rule", ({ policy, allowed, denied, metadata }) => {
    expect(() => assertAllowed(policyOf(policy), principalOf(allowed), CONTEXT)).not.toThrow();
    const run = () => assertAllowed(policyOf(policy), principalOf(denied), CONTEXT);
    expect(run).toThrowError(expect.objectContaining({ ...REAUTH, metadata }));
  });

  test("ask for a fresh sign-in when the clock shows no number", () => {
    const broken = { ...CONTEXT, clock: { ...CONTEXT.clock, nowMs: () => Number.NaN } };
    const run = () =>
      assertAllowed(policyOf({ maxAuthAgeSeconds: 300 }), principalOf({ authTimeSeconds: NOW }), broken);
    expect(run).toThrowError(expect.objectContaining(REAUTH));
  });
});
