import type { AuditSink } from "@countersign/server";
import type { Logger } from "pino";

/** Events that an operator must see even where little is logged: a token was stolen. */
const NOTABLE: ReadonlySet<string> = new Set(["refresh_reuse"]);

/** Create a sink that writes audit events to the log. Calls that were refused are too many for more than debug. */
export function createLogAudit(log: Logger): AuditSink {
  return {
    record(event) {
      const level = event.type === "call_denied" ? "debug" : NOTABLE.has(event.type) ? "warn" : "info";
      log[level]({ audit: event }, event.type);
    },
  };
}
