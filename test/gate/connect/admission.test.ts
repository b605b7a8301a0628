import { expect, test } from "vitest";
import { AUTHENTICATED_POLICY } from "../../../server/gate/src/authorize/policy.ts";
import type { Policy } from "../../../server/gate/src/authorize/policy-fields.ts";
import { assertAdmissible, assertAnonymous } from "../../../server/gate/src/connect/admission.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { principal } from "../streams/fixtures.ts";

const SCOPED: Policy = { ...AUTHENTICATED_POLICY, scopes: ["notes:write"] };
const OWN_AUDIENCE: Policy = { ...AUTHENTICATED_POLICY, audiences: ["notes"] };

const ADMISSIONS: readonly {
  readonly name: string;
  readonly policy: Policy;
  readonly isMeantForServer: boolean;
  readonly refusal?: { readonly reason: string; readonly message: string };
}[] = [
  { name: "a principal whose token names the server", policy: AUTHENTICATED_POLICY, isMeantForServer: true },
  {
    name: "a principal whose token names another server",
    policy: AUTHENTICATED_POLICY,
    isMeantForServer: false,
    refusal: { reason: "TOKEN_INVALID", message: "claim aud does not name this server" },
  },
  { name: "one that the policy's own audience takes", policy: OWN_AUDIENCE, isMeantForServer: false },
  {
    name: "one that the policy's own audience does not take, though the server's would",
    policy: { ...OWN_AUDIENCE, audiences: ["billing"] },
    isMeantForServer: true,
    refusal: { reason: "POLICY_DENIED", message: "the token is not meant for this method" },
  },
  {
    name: "one without a scope that is needed",
    policy: SCOPED,
    isMeantForServer: true,
    refusal: { reason: "INSUFFICIENT_SCOPE", message: "the token lacks a scope that the method needs" },
  },
  {
    name: "one without a scope, for another server: the audience is first",
    policy: SCOPED,
    isMeantForServer: false,
    refusal: { reason: "TOKEN_INVALID", message: "claim aud does not name this server" },
  },
];

test.each(ADMISSIONS)("$name", ({ policy, isMeantForServer, refusal }) => {
  const context = {
    audiences: { includeServer: () => isMeantForServer },
    clock: createTestClock(1_100_000),
    toleranceSeconds: 5,
  };
  const admit = () => assertAdmissible(principal(), policy, context);
  if (refusal === undefined) {
    expect(admit).not.toThrow();
  } else {
    const { reason, message } = refusal;
    expect(admit).toThrow(expect.objectContaining({ reason, message: expect.stringContaining(message) }));
  }
});

const ANONYMOUS = { optional: true, authenticated: false, public: false } as const satisfies Record<
  Policy["access"],
  boolean
>;

for (const [access, isAllowed] of Object.entries(ANONYMOUS)) {
  test(`a call without a token of a method that is ${access} is ${isAllowed ? "let in" : "refused"}`, () => {
    const policy = { ...AUTHENTICATED_POLICY, access: access as Policy["access"] };
    const admit = () => assertAnonymous(policy, "authorization");
    if (isAllowed) {
      expect(admit).not.toThrow();
    } else {
      expect(admit).toThrow(
        expect.objectContaining({ reason: "TOKEN_MISSING", message: "the call needs an access token" }),
      );
    }
  });
}
