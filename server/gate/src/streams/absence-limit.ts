import type { Clock } from "../kernel/clock.ts";
import { createRateLimit } from "../kernel/rate-limit.ts";

/** Whether this server may say once more that it has none of the streams that all servers were asked for. */
export type AbsenceLimit = () => boolean;

/**
 * Callers can name streams that no server has. Beyond that, the server that asks waits, as for one that hangs.
 * No caller gets this refusal, so that it has no message.
 */
const ANSWERS = { limit: 200, windowMs: 1_000, message: "" } as const;

/** Create the limit of a server. */
export function createAbsenceLimit(clock: Clock): AbsenceLimit {
  const limit = createRateLimit({ ...ANSWERS, clock });
  return () => {
    try {
      limit.assertAllowed("");
    } catch {
      return false; // the only error is that there were too many
    }
    limit.take("");
    return true;
  };
}
