import type { Clock } from "@countersign/server";

/** Shares the time of the event loop between streams whose next message is always ready. */
export interface Turns {
  /** Whether enough was done in this turn of the loop: the next message waits for another. Ask before each. */
  isOver(): boolean;
  /** Go on in a turn that is not over, behind all others that wait. Call it when `isOver` has said so. */
  defer(run: () => void): void;
}

/** How long messages may take in one turn of the loop, in milliseconds: timers and other calls wait as long. */
const BUDGET_MS = 5;

/** How many messages pass before the time is looked at: most turns have fewer. */
const FREE_MESSAGES = 32;

/** Create what shares the time. @param clock measures it */
export function createTurns(clock: Pick<Clock, "monotonicMs">): Turns {
  let waiting: (() => void)[] = [];
  let passed = 0;
  /** Undefined: this turn is not timed. */
  let endsAtMs: number | undefined;

  const begin = (): number => {
    endsAtMs = clock.monotonicMs() + BUDGET_MS;
    setImmediate(endTurn);
    return endsAtMs;
  };
  const endTurn = (): void => {
    endsAtMs = undefined;
    passed = 0;
    if (waiting.length > 0) {
      const due = waiting;
      waiting = [];
      resume(due, 0, begin());
    }
  };
  /** One behind what the one before has begun: what that takes counts, too. Who comes too late waits again. */
  const resume = (due: readonly (() => void)[], index: number, untilMs: number): void => {
    if (index > 0 && clock.monotonicMs() >= untilMs) {
      waiting = [...due.slice(index), ...waiting];
      return;
    }
    due[index]?.();
    if (index + 1 < due.length) {
      queueMicrotask(() => resume(due, index + 1, untilMs));
    }
  };
  return {
    isOver() {
      if (endsAtMs !== undefined) {
        return clock.monotonicMs() >= endsAtMs;
      }
      passed += 1;
      if (passed === FREE_MESSAGES) {
        begin();
      }
      return false;
    },
    defer(run) {
      waiting.push(run);
    },
  };
}
