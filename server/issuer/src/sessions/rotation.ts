import type { SessionRecord } from "../store/session-record.ts";
import { bindAsStored, hashRefreshToken, isSameHash, type RefreshToken } from "./refresh-token.ts";

/** One attempt to refresh. */
export interface RefreshAttempt {
  /** The token that was sent, proven genuine. */
  readonly token: RefreshToken;
  /** The client's name for the attempt; empty when it gave none. */
  readonly refreshId: string;
  /** The client that sends it. */
  readonly clientId: string;
  /** The thumbprint of the key that it has proven, for the session to be bound to; undefined: none. */
  readonly jwkThumbprint?: string | undefined;
  readonly nowMs: number;
}

/** What to do about an attempt to refresh. */
export type RotationDecision =
  /** The token is the newest one: replace it. */
  | { readonly kind: "rotate"; readonly session: SessionRecord }
  /** The token was just replaced, and its owner may not know: give out the same successor again. */
  | { readonly kind: "repeat"; readonly session: SessionRecord; readonly successorSealed: string }
  /** The token was used twice, so one user of it is a thief: end the session. */
  | { readonly kind: "reuse"; readonly session: SessionRecord }
  /** The session is bound to a key that the sender has not proven. It may be a thief of the token: nothing changes. */
  | { readonly kind: "unproven"; readonly jwkThumbprint: string }
  /** The session was ended before. */
  | { readonly kind: "revoked"; readonly reason: string }
  /** The token is of no use, and no sign of theft. */
  | { readonly kind: "invalid"; readonly why: "unknown" | "expired" | "other_client" | "not_issued" };

/** How long the answer to a lost attempt can be had again, if its successor is not used. */
export const REPEAT_WINDOW_MS = 24 * 60 * 60 * 1_000;

/** How long two tabs of one browser may take to find out that they refreshed at the same time. */
export const SIBLING_WINDOW_MS = 10_000;

/**
 * Decide about an attempt to refresh, from the session as it is stored.
 *
 * @param session the session that the token names; undefined when there is none any more
 */
export function decideRotation(
  session: SessionRecord | undefined,
  attempt: RefreshAttempt,
): RotationDecision {
  if (session === undefined) {
    return { kind: "invalid", why: "unknown" };
  }
  if (session.clientId !== attempt.clientId) {
    return { kind: "invalid", why: "other_client" };
  }
  if (session.revokedAtMs !== undefined) {
    return { kind: "revoked", reason: session.revokeReason ?? "unknown" };
  }
  if (!(attempt.nowMs < Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs))) {
    return { kind: "invalid", why: "expired" };
  }
  return decideByGeneration(session, attempt);
}

function decideByGeneration(session: SessionRecord, attempt: RefreshAttempt): RotationDecision {
  const token = bindAsStored(attempt.token, session);
  if (token.jwkThumbprint !== undefined && token.jwkThumbprint !== attempt.jwkThumbprint) {
    return { kind: "unproven", jwkThumbprint: token.jwkThumbprint };
  }
  // A token that the server gave out before it bound the session needs no proof: a client that uses it again ends the session,
  // also when a thief has bound that.
  if (token.generation < session.generation - 1) {
    return { kind: "reuse", session };
  }
  if (token.generation === session.generation - 1) {
    return decideSuperseded(session, attempt);
  }
  // A token of ours that the store does not know: the store was set back to an older state, or the token was
  // made in a race that its maker lost. No other client can have it, so it is no sign of theft.
  const isNewest =
    token.generation === session.generation && isSameHash(hashRefreshToken(token), session.refreshHash);
  return isNewest ? { kind: "rotate", session } : { kind: "invalid", why: "not_issued" };
}

function decideSuperseded(
  session: SessionRecord,
  { refreshId, jwkThumbprint, nowMs }: RefreshAttempt,
): RotationDecision {
  const { successorSealed, supersededAtMs } = session;
  if (successorSealed === undefined || supersededAtMs === undefined) {
    return { kind: "reuse", session };
  }
  const isSameAttempt = refreshId !== "" && refreshId === session.refreshId;
  const windowMs = isSameAttempt ? REPEAT_WINDOW_MS : SIBLING_WINDOW_MS;
  if (nowMs - supersededAtMs > windowMs) {
    return { kind: "reuse", session };
  }
  return session.key === undefined || session.key.jwkThumbprint === jwkThumbprint
    ? { kind: "repeat", session, successorSealed }
    : { kind: "unproven", jwkThumbprint: session.key.jwkThumbprint };
}
