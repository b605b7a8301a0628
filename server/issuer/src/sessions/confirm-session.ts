import { AuthError } from "@countersign/server";
import type { RevocableToken } from "@countersign/server/internal";
import { type EndContext, endSessions } from "./end-sessions.ts";

/** What {@link createConfirmSession} needs. */
export interface ConfirmContext extends EndContext {
  readonly revocations: EndContext["revocations"] & ReadRevocations;
}

/** What is revoked, as the store has it. */
interface ReadRevocations {
  /** Read what is new in the store, now. Resolves when that is done, or could not be. */
  look(): Promise<void>;
  /** Whether the store has answered the last look, no longer ago than so many milliseconds. */
  hasReadWithin(ms: number): boolean;
  /** Check whether a token is revoked. */
  isRevoked(token: RevocableToken): boolean;
}

/**
 * Confirm that a session may go on that has just begun with a token of another issuer, and end it otherwise.
 *
 * @throws AuthError `CREDENTIALS_INVALID` when the token was revoked meanwhile; `AUTH_UNAVAILABLE` when that cannot be known
 */
export type ConfirmSession = (sessionId: string, token: RevocableToken) => Promise<void>;

/**
 * Create the check. A logout ends the sessions that it finds, once more when it is written: of a session that was stored
 * later, the token is found revoked here.
 */
export function createConfirmSession(context: ConfirmContext): ConfirmSession {
  const { revocations } = context;
  return async (sessionId, token) => {
    await revocations.look();
    if (!revocations.hasReadWithin(Number.POSITIVE_INFINITY)) {
      throw new AuthError("AUTH_UNAVAILABLE", "what has been revoked cannot be read just now");
    }
    if (revocations.isRevoked(token)) {
      await endSessions(context, { where: { sessionId }, reason: "logged_out" });
      throw new AuthError("CREDENTIALS_INVALID", "the token has been revoked");
    }
  };
}
