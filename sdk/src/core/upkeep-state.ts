import { NO_FAILURE, type Retry, streamRetryMs } from "./backoff.ts";
import { blockedMs } from "./budget.ts";
import type { Held } from "./holder.ts";
import { msUntilRenewal, msUntilStale, type Now } from "./token-state.ts";

/**
 * Count the milliseconds until streams are to be renewed; `Infinity` when there are none, or a renewal is under way.
 *
 * @param tokens those that the streams run on, as often as there are streams: few tokens, however many streams
 */
export function msUntilDue({ retryAtMs }: Retry, tokens: Iterable<Held>, now: Now): number {
  const dueMs = Math.min(...[...new Set(tokens)].map((held) => msUntilRenewal(held, now)));
  return Math.max(dueMs, retryAtMs - now.monotonicMs());
}

/**
 * Count the milliseconds until the next look, in whole ones: a clock can't get past the fractions that sums leave over.
 * `Infinity` when none is needed.
 *
 * @param held the token that is kept fresh, if one is
 * @param dueMs when streams are due; one that is due is renewed now
 */
export function msUntilLook(held: Held | undefined, dueMs: number, now: Now): number {
  const minDelayMs = 250;
  // While the server is left alone there is nothing to look for.
  const freshMs = held
    ? Math.max(minDelayMs, msUntilStale(held, now), blockedMs(held.health, now.nowMs()))
    : Infinity;
  const delayMs = Math.min(dueMs > 0 ? dueMs : Infinity, freshMs);
  const maxDelayMs = 60_000;
  return delayMs < Infinity ? Math.ceil(Math.min(maxDelayMs, delayMs)) : delayMs;
}

/**
 * Plan the next renewal when one has ended. One that leaves a stream due, for want of a newer token, counts as failed.
 *
 * @param before the state when it began
 */
export function afterRenewal(before: Retry, tokens: Iterable<Held>, now: Now): Retry {
  const isFailed = msUntilDue(NO_FAILURE, tokens, now) <= 0;
  const failures = isFailed ? before.failures + 1 : 0;
  return { failures, retryAtMs: now.monotonicMs() + streamRetryMs(failures) };
}
