import type { MessageBus, RateLimit } from "@countersign/server";

/**
 * Count what callers do at all processes of this server together: a limit is the same however many there are.
 *
 * @param bus carries messages between them; a process does not get its own
 * @param channel tells the limit from others
 */
export function shareRateLimit(limit: RateLimit, bus: MessageBus, channel: string): RateLimit {
  bus.subscribe(channel, (key) => limit.take(key));
  return {
    assertAllowed: (key) => limit.assertAllowed(key),
    take(key) {
      limit.take(key);
      void bus.publish(channel, key);
    },
  };
}
