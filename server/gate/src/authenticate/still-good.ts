import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Principal } from "./principal.ts";
import { assertTimely, type TokenTimes } from "./token-times.ts";

/** What may change about a token after it was verified. */
export interface StillGoodContext {
  /** Says what has been revoked, from memory. */
  readonly revocations: { isRevoked(principal: Principal): boolean };
  readonly clock: Clock;
  readonly toleranceSeconds: number;
}

/**
 * Assert that a token is still good: its time is not over, and its session is not revoked.
 *
 * @throws AuthError `TOKEN_INVALID` too early, `TOKEN_EXPIRED` too late, `SESSION_REVOKED`, or `AUTH_UNAVAILABLE` when
 *   what is revoked cannot be known
 */
export function assertStillGood(principal: Principal, times: TokenTimes, context: StillGoodContext): void {
  assertTimely(times, context.clock.nowMs() / 1000, context.toleranceSeconds);
  if (context.revocations.isRevoked(principal)) {
    throw createRevokedError(principal);
  }
}

/** Make the error of a token that is revoked, or whose session, subject or client is. */
export function createRevokedError({ sessionId, tokenId, subject }: Principal): AuthError {
  const id =
    sessionId === undefined
      ? tokenId === undefined
        ? `sub ${subject}`
        : `jti ${tokenId}`
      : `sid ${sessionId}`;
  return createRefusal("SESSION_REVOKED", "the session has been revoked", {
    facts: { check: "revoked", expected: "a token that is not revoked", got: id },
  });
}
