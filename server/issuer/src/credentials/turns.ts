import { AuthError } from "@countersign/server";

/** Runs a piece of work when its turn comes. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

/** How much expensive work may go on. */
export interface TurnsOptions {
  /** How many pieces of work run at the same time. */
  readonly maxRunning: number;
  /** How many more may wait. */
  readonly maxWaiting: number;
}

/** How long to stay away when too many wait. */
const RETRY_AFTER_MS = 1_000;

/**
 * Let work take turns, in the order it came.
 *
 * @returns a runner, which throws AuthError `AUTH_UNAVAILABLE` when too many wait already
 */
export function createTurns({ maxRunning, maxWaiting }: TurnsOptions): Turns {
  const waiting: (() => void)[] = [];
  let running = 0;

  const enter = async (): Promise<void> => {
    if (running < maxRunning) {
      running += 1;
      return;
    }
    if (waiting.length >= maxWaiting) {
      throw new AuthError("AUTH_UNAVAILABLE", "too many sign-ins are waiting", {
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  };
  const leave = (): void => {
    const next = waiting.shift();
    // The turn is handed on, so that nobody slips in between.
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
