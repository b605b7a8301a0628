import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import { KEEPS_PROCESS_ALIVE } from "../kernel/timers.ts";
import type { FoundKeys } from "../keys/key-source.ts";

/** How long to wait for a key. */
export interface KeyWait {
  readonly clock: Clock;
  readonly timeoutMs: number;
}

/**
 * Wait for keys that have to be fetched, but not for ever: a caller who hangs on us is worse than one who tries again.
 *
 * @param pending what the key source answered
 * @param keyWait how long to wait; undefined: as long as the source does
 * @throws AuthError `AUTH_UNAVAILABLE` when they were not there in time
 */
export async function awaitKeys(
  pending: PromiseLike<FoundKeys>,
  keyWait: KeyWait | undefined,
): Promise<FoundKeys> {
  if (keyWait === undefined) {
    return pending;
  }
  const { clock, timeoutMs } = keyWait;
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const facts = { check: "keys_unavailable", expected: `keys within ${timeoutMs} ms` } as const;
  const refuse = (): void =>
    reject(createRefusal("AUTH_UNAVAILABLE", "the keys were not at hand in time", { facts }));
  const cancelTimer = clock.schedule(refuse, timeoutMs, KEEPS_PROCESS_ALIVE);
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    cancelTimer();
  }
}
