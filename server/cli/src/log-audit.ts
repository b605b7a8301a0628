import type { AuditSink, Observer } from "@countersign/server";
import { createRefusalLog, systemClock } from "@countersign/server/internal";
import type { Logger } from "pino";
import type { Terminal } from "./command.ts";
import type { Config } from "./config.ts";
import { SERVE_REMEDIES } from "./serve-remedies.ts";

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

/** Create an observer that warns why calls are refused, once a minute for each cause. */
export function createPinoRefusalLog(log: Logger): Observer {
  return createRefusalLog({
    clock: systemClock,
    remedies: SERVE_REMEDIES,
    write(line, { method, reason, check, hint, expected, got }) {
      log.warn({ refusal: { method, reason, check, hint, expected, got } }, line);
    },
  });
}

/** Check whether refusals are logged: as the setting says, and without it unless the environment is one of production. */
export function logsRefusals(
  { logRefusals }: Pick<Config, "logRefusals">,
  { env }: Pick<Terminal, "env">,
): boolean {
  return logRefusals ?? env.NODE_ENV !== "production";
}
