import type { RateLimit } from "@countersign/server";
import type { Bus } from "../store/bus.ts";

/**
 * Count what callers do at all processes of this server together: a limit is the same however many there are.
 *
 * @param bus carries words between them; one's own do not come back
 * @param channel tells the limit from others
 */
export function shareRateLimit(limit: RateLimit, bus: Bus, channel: string): RateLimit {
  bus.listen(channel, (key) => limit.take(key));
  return {
    assertAllowed: (key) => limit.assertAllowed(key),
    take(key) {
      limit.take(key);
      void bus.say(channel, key);
    },
  };
}
