import type { TokenSession } from "../store/session-record.ts";
import { rotateAccountSession, rotateSession, type SessionRotation } from "../store/session-rotation.ts";
import { toActorDetail } from "./new-session.ts";
import { createRefreshToken, hashRefreshToken, type RefreshToken } from "./refresh-token.ts";
import type { RefreshAttempt } from "./rotation.ts";
import type { SessionContext } from "./session-options.ts";
import { type SessionRights, toAccountRights } from "./session-rights.ts";
import { sealSuccessor } from "./successor.ts";
import { type IssuedTokens, issueTokens, type TokenWish } from "./tokens.ts";

type RotationAttempt = RefreshAttempt & Pick<TokenWish, "binding" | "maxAccessTtlMs" | "use">;

/** What a session goes on with, and whom its next access token is for. */
export interface NextTokens {
  readonly rights: SessionRights;
  readonly audience: readonly string[];
}

/**
 * Replace a token in one step if it is what almost every token is: the newest, of a session of an account that goes on.
 *
 * @returns undefined when it is not; nothing has changed then, and what it is must be found out
 */
export async function rotateAtOnce(
  context: SessionContext,
  attempt: RotationAttempt,
): Promise<IssuedTokens | undefined> {
  const { successor, rotation } = prepare(context, attempt, attempt.nowMs + context.idleTtlMs);
  const rotated = await rotateAccountSession(context.store, attempt.clientId, rotation);
  if (rotated === undefined) {
    return undefined;
  }
  const { session, account } = rotated;
  const rights = toAccountRights(session, account);
  return issueRotated(context, attempt, { session, rights, audience: [context.audience], successor });
}

/**
 * Replace the newest token of a session that has been looked at.
 *
 * @returns undefined when the session has changed meanwhile
 */
export async function rotateAsFound(
  context: SessionContext,
  attempt: RotationAttempt,
  { rights, audience }: NextTokens,
): Promise<IssuedTokens | undefined> {
  const idleExpiresAtMs = Math.min(attempt.nowMs + context.idleTtlMs, rights.endsAtMs);
  const { successor, rotation } = prepare(context, attempt, idleExpiresAtMs);
  const session = await rotateSession(context.store, rotation);
  return session === undefined
    ? undefined
    : issueRotated(context, attempt, { session, rights, audience, successor });
}

/** A token that is the newest of its session has all that its successor is made from. */
function prepare(
  { macKey, successorKey }: SessionContext,
  { token, refreshId, jwkThumbprint, nowMs, use = {} }: RotationAttempt,
  idleExpiresAtMs: number,
): { readonly successor: RefreshToken; readonly rotation: SessionRotation } {
  const { sessionId, generation } = token;
  const bound = { ...token, jwkThumbprint };
  const successor = { ...createRefreshToken(macKey, sessionId, generation + 1), jwkThumbprint };
  return {
    successor,
    rotation: {
      sessionId,
      from: { generation, refreshHash: hashRefreshToken(token) },
      key: jwkThumbprint === undefined ? undefined : { jwkThumbprint, fromHash: hashRefreshToken(bound) },
      refreshHash: hashRefreshToken(successor),
      refreshId,
      successorSealed: sealSuccessor(successorKey, bound, successor),
      idleExpiresAtMs,
      nowMs,
      use,
    },
  };
}

interface Rotated extends NextTokens {
  readonly session: TokenSession;
  readonly successor: RefreshToken;
}

function issueRotated(
  context: SessionContext,
  { binding, maxAccessTtlMs }: RotationAttempt,
  { session, rights, audience, successor }: Rotated,
): IssuedTokens {
  const { subject, sessionId, clientId, actor } = session;
  context.audit.record({ type: "refresh", subject, sessionId, clientId, ...toActorDetail(actor) });
  const refreshToken = successor.text;
  return issueTokens(context, { session, rights, audience, refreshToken, binding, maxAccessTtlMs });
}
