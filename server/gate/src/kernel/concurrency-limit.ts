import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { createFairPlaces, type PlaceSource } from "./fair-places.ts";

/** Where a piece of work comes from. */
export type WorkSource = PlaceSource;

/**
 * Gives the place of a piece of work to others while it waits for something that costs this server nothing, such as an answer
 * of another server, and waits for a place again. When what it waits for fails, it goes on without one.
 *
 * @throws AuthError `RATE_LIMITED` when too many wait
 */
export type LeavePlace = <T>(pending: PromiseLike<T>) => Promise<T>;

/** Runs a piece of work as soon as the limit allows it. */
export type ConcurrencyLimit = <T>(
  source: WorkSource,
  work: (leavePlace: LeavePlace) => Promise<T>,
) => Promise<T>;

/** How much expensive work may go on at the same time. */
export interface ConcurrencyLimitOptions {
  /** How many pieces of work run at the same time. */
  readonly maxRunning: number;
  /**
   * How many more of strangers may wait, and how many of known callers beside them; and how many may wait without a place
   * for something else.
   */
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
  let away = 0;

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
  const stayAway = async <T>(pending: PromiseLike<T>): Promise<T> => {
    away += 1;
    leave();
    try {
      return await pending;
    } finally {
      away -= 1;
    }
  };
  return async (source, work) => {
    await enter(source);
    let hasPlace = true;
    const leavePlace: LeavePlace = async (pending) => {
      if (away >= maxWaiting) {
        // It may fail later, when nothing waits for it any more.
        Promise.resolve(pending).catch(() => undefined);
        throw tooManyWait(message, maxWaiting);
      }
      hasPlace = false;
      const result = await stayAway(pending);
      await enter(source);
      hasPlace = true;
      return result;
    };
    try {
      return await work(leavePlace);
    } finally {
      if (hasPlace) {
        leave();
      }
    }
  };
}

function tooManyWait(message: string, maxWaiting: number): AuthError {
  return createRefusal("RATE_LIMITED", message, {
    retryAfterMs: RETRY_AFTER_MS,
    facts: { check: "rate", expected: `at most ${maxWaiting} that wait`, got: "more" },
  });
}
