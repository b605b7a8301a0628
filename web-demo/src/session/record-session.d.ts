import type { Session } from "@countersign/sdk/browser";
import type { ActivityLog } from "../model/activity-log.ts";
/**
 * Write everything that happens to a session into the log. A new session begins a new log.
 *
 * @returns a function that stops it
 */
export declare function recordSession(
  session: Pick<Session, "on" | "getSnapshot">,
  log: ActivityLog,
): () => void;
//# sourceMappingURL=record-session.d.ts.map
