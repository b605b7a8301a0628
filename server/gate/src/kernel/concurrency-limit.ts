import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { createFairPlaces, type PlaceSource } from "./fair-places.ts";

/** Where a piece of work comes from. */
export type WorkSource = PlaceSource;

/** Runs a piece of work as soon as the limit allows it. */
export type ConcurrencyLimit = <T>(source: WorkSource, work: () => Promise<T>) => Promise<T>;

/** How much expensive work may go on at the same time. */
export interface ConcurrencyLimitOptions {
  /** How many pieces of work run at the same time. */
  readonly maxRunning: number;
  /** How many more of strangers may wait, and how many of known callers beside them. */
  readonly maxWaiting: number;
  /** Why no more may wait, as a sentence without a full stop: it is sent to the caller. */
  readonly message: string;
}

/** Lets work that waits begin, or refuses it. */
interface Waiting {
  readonly begin: () => void;
  readonly refuse: (reason: AuthError) => void;
}

/** How long to stay away when too many wait. */
const RETRY_AFTER_MS = 1_000;

/**
 * Create a limit that is fair by address and by account: see `createFairQueue`. Known callers have places of their own,
 * and every other turn.
 *
 * @returns a runner, which throws AuthError `RATE_LIMITED` when the work has to give way because too many wait
 */
export function createConcurrencyLimit(options: ConcurrencyLimitOptions): ConcurrencyLimit {
  const { maxRunning, maxWaiting, message } = options;
  const waiting = createFairPlaces<Waiting>(maxWaiting);
  let running = 0;

  const enter = async (source: WorkSource): Promise<void> => {
    if (running < maxRunning) {
      running += 1;
      return;
    }
    await new Promise<void>((begin, refuse) => {
      const displaced = waiting.add(source, { begin, refuse });
      displaced?.refuse(tooManyWait(message, maxWaiting));
    });
  };
  const leave = (): void => {
    const next = waiting.next();
    // The place is handed on, so that newer work does not take it first.
    if (next === undefined) {
      running -= 1;
    } else {
      next.begin();
    }
  };
  return async (source, work) => {
    await enter(source);
    try {
      return await work();
    } finally {
      leave();
    }
  };
}

function tooManyWait(message: string, maxWaiting: number): AuthError {
  return createRefusal("RATE_LIMITED", message, {
    retryAfterMs: RETRY_AFTER_MS,
    facts: { check: "rate", expected: `at most ${maxWaiting} that wait`, got: "more" },
  });
}
