import type { Cancel, Clock } from "./clock.ts";
import { createDeadlineHeap, type Deadline } from "./deadline-heap.ts";
import { KEEPS_PROCESS_ALIVE } from "./timers.ts";

/**
 * Calls that are to come at a time of the wall clock. One timer serves all of them, and a crowd that is due at one time is
 * called in slices, so that the rest of the server has its turn between two of them.
 */
export interface Deadlines {
  /**
   * Call `run` once when the clock shows a time.
   *
   * @param atMs in milliseconds since 1970; what is no number is due
   */
  add(atMs: number, run: () => void): Deadline;
  /**
   * Move one that is still to come; one that was called or cancelled stays what it is.
   *
   * @param atMs in milliseconds since 1970
   */
  move(deadline: Deadline, atMs: number): void;
  /**
   * Call one that is still to come now, where the slice has room for it, else in the next turns before all that are due by
   * the clock.
   */
  hurry(deadline: Deadline): void;
  /** Call one no more. */
  cancel(deadline: Deadline): void;
}

/** How often the clock is looked at, in milliseconds: this is how late a call may be after it was set. */
export const LOOK_MS = 5_000;

/** How long the calls of one slice may take together, in milliseconds. */
const SLICE_MS = 10;

/**
 * How many calls a slice has at the most. What a call sets off, such as the last bytes of a stream, follows it in the same
 * turn of the event loop and is not in its time.
 */
const SLICE_CALLS = 32;

/** Create the count of what may be called in one turn of the event loop. */
function createSlice(clock: Clock) {
  let startedMs = -Infinity;
  let calls = 0;
  const isOver = (): boolean => clock.monotonicMs() - startedMs >= SLICE_MS;
  return {
    isOver,
    begin(): void {
      startedMs = clock.monotonicMs();
      calls = 0;
    },
    /** Take the place of a call. @returns false when there is none left */
    take(): boolean {
      if (calls >= SLICE_CALLS || (calls > 0 && isOver())) {
        return false;
      }
      calls += 1;
      return true;
    },
  };
}

/** Create deadlines of a clock. No timer runs while there are none; while there are, the process does not end. */
export function createDeadlines(clock: Clock): Deadlines {
  const heap = createDeadlineHeap();
  const slice = createSlice(clock);
  let cancelTimer: Cancel | undefined;
  /** When the timer fires, on the monotonic clock. */
  let firesAtMs = Infinity;

  function stop(): void {
    cancelTimer?.();
    cancelTimer = undefined;
    firesAtMs = Infinity;
  }

  /** See to it that the timer fires when the first is due. One that fires too early looks again. */
  function arm(): void {
    if (heap.first === undefined) {
      stop();
      return;
    }
    const leftMs = heap.first.atMs - clock.nowMs();
    const waitMs = leftMs > 0 ? Math.min(leftMs, LOOK_MS) : 0;
    const atMs = clock.monotonicMs() + waitMs;
    if (!(atMs >= firesAtMs)) {
      stop();
      firesAtMs = atMs;
      cancelTimer = clock.schedule(callDue, waitMs, KEEPS_PROCESS_ALIVE);
    }
  }

  function remove(deadline: Deadline): void {
    heap.remove(deadline);
    if (heap.first === undefined) {
      stop();
    }
  }

  function callDue(): void {
    stop();
    slice.begin();
    const nowMs = clock.nowMs();
    // A timer only wakes us up: the clock says whether the time has come, also after it was set.
    const isDue = ({ atMs }: Deadline): boolean => !(atMs - nowMs > 0);
    try {
      for (let { first } = heap; first !== undefined && isDue(first) && slice.take(); { first } = heap) {
        remove(first);
        first.run();
      }
    } finally {
      arm();
    }
  }

  function move(deadline: Deadline, atMs: number): void {
    heap.move(deadline, toTime(atMs));
    if (heap.first === deadline) {
      arm();
    }
  }

  return {
    add(atMs, run) {
      const deadline = { atMs: toTime(atMs), place: -1, run };
      heap.add(deadline);
      if (heap.first === deadline) {
        arm();
      }
      return deadline;
    },
    move(deadline, atMs) {
      if (deadline.place >= 0) {
        move(deadline, atMs);
      }
    },
    hurry(deadline) {
      if (deadline.place < 0) {
        return;
      }
      if (slice.isOver()) {
        slice.begin();
      }
      if (slice.take()) {
        remove(deadline);
        deadline.run();
      } else {
        move(deadline, -Infinity);
      }
    },
    cancel: remove,
  };
}

/** What is no number would have no place in an order. */
export function toTime(atMs: number): number {
  return Number.isNaN(atMs) ? -Infinity : atMs;
}
