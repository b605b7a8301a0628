import type { Store } from "../store/database.ts";
import { OWN_ISSUER } from "../store/revocations.ts";
import {
  type EndedSession,
  findUnendedSessions,
  revokeSessions,
  type SessionSelector,
} from "../store/session-revocations.ts";
import { createUnwrittenError } from "../store/unwritten-revocations.ts";
import type { EndReason, SessionContext } from "./session-options.ts";

/** Which sessions to end, and why. */
export interface SessionEnd {
  readonly where: SessionSelector;
  readonly reason: EndReason;
  /** Whether a token of the session itself was shown: it ends then although the store cannot even be read. */
  readonly isProven?: boolean;
}

/** What endings need. */
export type EndContext = Pick<SessionContext, "store" | "clock" | "audit" | "revocations">;

/** What came of an end. */
export interface SessionsEnd {
  /** The sessions that this call ended. */
  readonly sessionIds: readonly string[];
  /** Why it could not be written yet: the sessions have ended for as long as the servers run. Undefined: it is written. */
  readonly failure: unknown;
}

/**
 * End sessions in the store, and have their access tokens refused from now on.
 *
 * @returns the sessions that this call ended; one that had ended before is not among them
 * @throws AuthError `AUTH_UNAVAILABLE` when that could not be written, whether the sessions have ended or not
 */
export async function endSessions(context: EndContext, end: SessionEnd): Promise<readonly string[]> {
  const { sessionIds, failure } = await tryToEndSessions(context, end);
  if (failure !== undefined) {
    throw createUnwrittenError(failure);
  }
  return sessionIds;
}

/**
 * End sessions, though they can be ended only in memory.
 *
 * @throws what the store threw, when the sessions have not ended at all
 */
export async function tryToEndSessions(context: EndContext, end: SessionEnd): Promise<SessionsEnd> {
  const { store, clock, revocations } = context;
  const { where, reason } = end;
  const nowMs = clock.nowMs();
  try {
    const ended = await revokeSessions(store, { where, reason, nowMs });
    revocations.learn(ended.revocations);
    return { sessionIds: recordEnds(context, end.reason, ended.sessions), failure: undefined };
  } catch (failure) {
    if (revocations.hold === undefined) {
      throw failure;
    }
    const sessions = await findSessions(store, end);
    const held = revocations.hold(
      sessions.map(({ sessionId: value }) => ({
        issuer: OWN_ISSUER,
        dimension: "sid",
        value,
        beforeMs: undefined,
        endsSession: true,
        revokedAtMs: nowMs,
        reason,
      })),
    );
    if (held === undefined) {
      throw failure;
    }
    const news = new Set(held.map(({ value }) => value));
    const sessionIds = recordEnds(
      context,
      end.reason,
      sessions.filter(({ sessionId }) => news.has(sessionId)),
    );
    return { sessionIds, failure: sessions.length === 0 ? undefined : failure };
  }
}

async function findSessions(store: Store, { where, isProven }: SessionEnd): Promise<readonly EndedSession[]> {
  try {
    return await findUnendedSessions(store, where);
  } catch (error) {
    if (isProven === true && "sessionId" in where && where.subject !== undefined) {
      return [{ sessionId: where.sessionId, subject: where.subject }];
    }
    throw error;
  }
}

/** Put sessions that have ended on record. @returns them */
export function recordEnds(
  { audit }: Pick<EndContext, "audit">,
  reason: EndReason,
  sessions: readonly EndedSession[],
): readonly string[] {
  const type = reason === "signed_out" ? "sign_out" : "session_revoked";
  for (const { sessionId, subject } of sessions) {
    audit.record({ type, subject, sessionId, reason });
  }
  return sessions.map(({ sessionId }) => sessionId);
}
