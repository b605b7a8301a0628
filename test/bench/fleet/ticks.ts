import { setTimeout as pause } from "node:timers/promises";

/** How far two events of the feed lie apart, in milliseconds. */
const TICK_MS = 100;

/**
 * The number of the last event of the feed. It follows from the time, so that servers which share no database have one
 * feed: whatever is lost or doubled on the way shows in the numbers. A clock that is set wrong for a test changes it not.
 */
export function latestSequence(): bigint {
  return BigInt(Math.floor(nowMs() / TICK_MS));
}

/** Wait until it is time for an event. Rejects when the signal aborts before. */
export async function untilSequence(sequence: bigint, signal: AbortSignal): Promise<void> {
  const delayMs = Number(sequence) * TICK_MS - nowMs();
  if (delayMs > 0) {
    await pause(delayMs, undefined, { signal });
  }
}

function nowMs(): number {
  return performance.timeOrigin + performance.now();
}
