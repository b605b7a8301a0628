import type { ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import { readStepUp, type StepUpDemand } from "./error-info.ts";
import { waitFor, withTimeout } from "./waiting.ts";

/** What a server asks of the user before a call, by `REAUTH_REQUIRED`. */
export interface StepUp extends StepUpDemand {
  /** The method that was called, such as `acme.v1.Payments/Pay`. */
  readonly method: string;
  /** Aborts when no call waits any more, after 5 minutes at the latest. */
  readonly signal: AbortSignal;
}

/**
 * Signs the user in again. When it resolves, the calls that wait for it are made once more; when it rejects, or has not
 * settled after 5 minutes, they fail with `REAUTH_REQUIRED`.
 */
export type OnStepUp = (stepUp: StepUp) => unknown;

/** A call that waits for the user. */
export interface WaitingCall {
  readonly method: string;
  /** What {@link StepUps.count} was when it was made. */
  readonly madeAfter: number;
  /** Abort when it does not wait any longer. */
  readonly signals: readonly AbortSignal[];
}

/** Asks the user to sign in again: one demand at a time, for all calls that have it. */
export interface StepUps {
  /** How many have come to an end. */
  readonly count: () => number;
  /** Whether the user is being asked now. */
  readonly isOpen: () => boolean;
  /**
   * Ask, if the error is a demand for it, unless the answer to the same demand has come since the call was made.
   *
   * @returns whether the user has signed in again
   * @throws the reason of the signal that aborts first
   */
  readonly ask: (error: ConnectError, call: WaitingCall) => Promise<boolean>;
}

/** What the user was asked, and what came of it. */
interface Asked {
  readonly answer: Promise<boolean>;
  readonly left: AbortController;
  /** How many calls wait for the answer. */
  waiting: number;
  /** What the count was when the answer came. */
  answeredAt: number;
}

/** How long calls wait for the user. A call that the hook makes itself may be one of them, and then neither would end. */
const STEP_UP_TIMEOUT_MS = 5 * 60_000;

/** Create the {@link StepUps} of a session. */
export function createStepUps(onStepUp: OnStepUp, clock: Clock): StepUps {
  const latest = new Map<string, Asked>();
  let count = 0;
  let open: Promise<boolean> | undefined;

  function start(stepUp: Omit<StepUp, "signal">): Asked {
    const left = new AbortController();
    const { signal } = left;
    const ask = () => Promise.resolve().then(() => onStepUp({ ...stepUp, signal }));
    const run = withTimeout(clock, ask, STEP_UP_TIMEOUT_MS);
    const isDone = run.then(
      () => true,
      // The call fails with the server's own error, which says what is needed.
      () => false,
    );
    open = isDone.finally(() => {
      open = undefined;
      count += 1;
      asked.answeredAt = count;
    });
    const asked: Asked = { answer: open, left, waiting: 0, answeredAt: Infinity };
    return asked;
  }

  return {
    count: () => count,
    isOpen: () => open !== undefined,
    async ask(error, { method, madeAfter, signals }) {
      const needed = readStepUp(error);
      if (!needed) {
        return false;
      }
      const demand = JSON.stringify(needed);
      let asked = latest.get(demand);
      while (!asked || asked.answeredAt <= madeAfter) {
        if (open) {
          // The user is asked for one thing after the other.
          await waitFor(open, ...signals);
          asked = latest.get(demand);
        } else {
          asked = start({ ...needed, method });
          // As many demands are remembered: servers make a few.
          const maxDemands = 16;
          if (latest.size >= maxDemands) {
            latest.clear();
          }
          latest.set(demand, asked);
        }
      }
      asked.waiting += 1;
      try {
        return await waitFor(asked.answer, ...signals);
      } finally {
        asked.waiting -= 1;
        if (asked.waiting === 0) {
          asked.left.abort();
          if (asked.answeredAt === Infinity) {
            // The window is closing: a call that comes now is asked for anew once it has.
            latest.delete(demand);
          }
        }
      }
    },
  };
}
