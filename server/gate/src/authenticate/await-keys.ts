import { createRefusal } from "../errors/refusal.ts";
import type { Clock } from "../kernel/clock.ts";
import type { LeavePlace } from "../kernel/concurrency-limit.ts";
import { KEEPS_PROCESS_ALIVE, scheduleAwake } from "../kernel/timers.ts";
import type { FoundKeys } from "../keys/key-source.ts";

/** How to wait for a key. */
export interface KeyWait {
  readonly clock: Clock;
  /** How long. Default: as long as the source does. */
  readonly timeoutMs: number | undefined;
  /** Gives the place of the caller to others meanwhile. Default: it has none. */
  readonly leavePlace: LeavePlace | undefined;
}

/**
 * Wait for keys that have to be fetched, but not for ever: a caller who hangs on us is worse than one who tries again.
 *
 * @param pending what the key source answered
 * @param keyWait how to wait; undefined: as long as the source does
 * @throws AuthError `AUTH_UNAVAILABLE` when they were not there in time
 */
export async function awaitKeys(
  pending: PromiseLike<FoundKeys>,
  keyWait: KeyWait | undefined,
): Promise<FoundKeys> {
  const leavePlace = keyWait?.leavePlace;
  return leavePlace === undefined ? awaitInTime(pending, keyWait) : leavePlace(awaitInTime(pending, keyWait));
}

async function awaitInTime(
  pending: PromiseLike<FoundKeys>,
  keyWait: KeyWait | undefined,
): Promise<FoundKeys> {
  if (keyWait?.timeoutMs === undefined) {
    return pending;
  }
  const { clock, timeoutMs } = keyWait;
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const facts = { check: "keys_unavailable", expected: `keys within ${timeoutMs} ms` } as const;
  const refuse = (): void =>
    reject(createRefusal("AUTH_UNAVAILABLE", "the keys were not at hand in time", { facts }));
  const cancelTimer = scheduleAwake(clock, refuse, { delayMs: timeoutMs, ...KEEPS_PROCESS_ALIVE });
  try {
    return await Promise.race([pending, timeout]);
  } finally {
    cancelTimer();
  }
}
