import { createRefusal } from "../errors/refusal.ts";

/** Runs a piece of work as soon as the limit allows it. */
export type ConcurrencyLimit = <T>(work: () => Promise<T>) => Promise<T>;

/** How much expensive work may go on at the same time. */
export interface ConcurrencyLimitOptions {
  /** How many pieces of work run at the same time. */
  readonly maxRunning: number;
  /** How many more may wait. */
  readonly maxWaiting: number;
  /** Why no more may wait, as a sentence without a full stop: it is sent to the caller. */
  readonly message: string;
}

/** How long to stay away when too many wait. */
const RETRY_AFTER_MS = 1_000;

/**
 * Create a limit. Work runs in the order in which it came.
 *
 * @returns a runner, which throws AuthError `AUTH_UNAVAILABLE` when too many wait already
 */
export function createConcurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimit {
  const { maxRunning, maxWaiting, message } = options;
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async (): Promise<void> => {
    if (running < maxRunning) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) {
      throw createRefusal("AUTH_UNAVAILABLE", message, {
        retryAfterMs: RETRY_AFTER_MS,
        facts: { check: "rate", expected: `fewer than ${maxWaiting} that wait`, got: waiting.length },
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    // The place is handed on, so that newer work does not take it first.
    if (next === undefined) {
      running -= 1;
    } else {
      next();
    }
  };
  return async (work) => {
    await enter();
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
