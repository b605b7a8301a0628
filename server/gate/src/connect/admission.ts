import type { Principal } from "../authenticate/principal.ts";
import { type AuthAgeContext, assertAllowed } from "../authorize/decide.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Audiences } from "./audiences.ts";
import { AUTHORIZATION } from "./read-token.ts";

/** What admissions go by. */
export interface AdmissionContext extends AuthAgeContext {
  /** Whom tokens must be meant for. */
  readonly audiences: Pick<Audiences, "includeServer">;
}

/**
 * Assert that a principal may make a call, as far as headers can decide it. A policy that names audiences of its own
 * takes the place of the server's audience.
 *
 * @throws AuthError the reason why not
 */
export function assertAdmissible(principal: Principal, policy: Policy, context: AdmissionContext): void {
  if (policy.audiences.length === 0 && !context.audiences.includeServer(principal)) {
    throw createRefusal("TOKEN_INVALID", "claim aud does not name this server", {
      facts: {
        check: "audience_of_method",
        expected: "the audience of this server, since the method names none of its own",
        got: principal.audience,
      },
    });
  }
  assertAllowed(policy, principal, context);
}

/**
 * Assert that a call may be made without a token.
 *
 * @param header the name of the header that a token would have come in, in lower case
 * @throws AuthError `TOKEN_MISSING`
 */
export function assertAnonymous(policy: Policy, header: string): void {
  if (policy.access !== "optional") {
    const expected = header === AUTHORIZATION ? "header authorization: Bearer …" : `header ${header}`;
    throw createRefusal("TOKEN_MISSING", "the call needs an access token", {
      facts: { check: "token_missing", expected, got: undefined },
    });
  }
}
