import { revokeSessions, type SessionSelector } from "../store/session-revocations.ts";
import type { EndReason, SessionContext } from "./session-options.ts";

/** Which sessions to end, and why. */
export interface SessionEnd {
  readonly where: SessionSelector;
  readonly reason: EndReason;
}

/**
 * End sessions in the store, and have their access tokens refused from now on.
 *
 * @returns the sessions that this call ended; one that had ended before is not among them
 */
export async function endSessions(
  context: Pick<SessionContext, "store" | "clock" | "audit" | "revocations">,
  { where, reason }: SessionEnd,
): Promise<readonly string[]> {
  const nowMs = context.clock.nowMs();
  const { sessions, revocations } = await revokeSessions(context.store, { where, reason, nowMs });
  context.revocations.learn(revocations);
  const type = reason === "signed_out" ? "sign_out" : "session_revoked";
  for (const { sessionId, subject } of sessions) {
    context.audit.record({ type, subject, sessionId, reason });
  }
  return sessions.map(({ sessionId }) => sessionId);
}
