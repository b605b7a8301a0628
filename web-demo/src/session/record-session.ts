import type { Session, SessionEvent } from "@countersign/sdk/browser";
import type { ActivityLog } from "../model/activity-log.ts";
import { formatTokenLife } from "../model/time.ts";

type SignedOutReason = Extract<SessionEvent, { type: "signed_out" }>["reason"];

const GOODBYES = {
  user: "You are signed out.",
  revoked: "Your session was ended from elsewhere. Sign in to go on.",
  expired: "Your session has expired after a long pause. Sign in to go on.",
  reuse_detected: "An old refresh token was used again, so the session was ended for your safety.",
  interaction_required: "The provider wants you to sign in again.",
  key_lost: "This browser has lost the key of your session. Sign in to go on.",
} satisfies Record<SignedOutReason, string>;

/**
 * Write everything that happens to a session into the log. A new session begins a new log.
 *
 * @returns a function that stops it
 */
export function recordSession(session: Pick<Session, "on" | "getSnapshot">, log: ActivityLog): () => void {
  return session.on((event) => {
    switch (event.type) {
      case "signed_in":
        log.clear();
        return log.add("signed_in", `Signed in: ${describeToken(session)}`);
      case "refreshed":
        return log.add("refreshed", `Access token refreshed: ${describeToken(session)}`);
      case "degraded":
        return log.add("degraded", "The server does not answer. The session is kept; retrying.");
      case "recovered":
        return log.add("recovered", "The server answers again.");
      case "signed_out":
        log.clear();
        return log.add("signed_out", GOODBYES[event.reason]);
      default:
        return event satisfies never;
    }
  });
}

function describeToken(session: Pick<Session, "getSnapshot">): string {
  const { generation, issuedAtMs = 0, expiresAtMs = 0 } = session.getSnapshot();
  return `generation ${generation}, lasts ${formatTokenLife(expiresAtMs - issuedAtMs)}`;
}
