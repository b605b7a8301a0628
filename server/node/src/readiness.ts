import { repeat, systemClock } from "@countersign/server/internal";

/** What {@link monitorReadiness} needs. */
export interface ReadinessOptions {
  /** Use what the server cannot do without; it throws or rejects when that is not there. */
  readonly check: () => Promise<void>;
  /** Receives every change: whether it can be used, and if not, why. */
  readonly onChange: (isReady: boolean, reason: unknown) => void;
  /** How often to check, in milliseconds. Default 1 s. */
  readonly everyMs?: number;
  /** How long a check may take, in milliseconds. Default 3 s. */
  readonly timeoutMs?: number;
}

/** Checks again and again whether a server can do its work. */
export interface Readiness {
  /** Stop checking. `onChange` is not called any more. */
  close(): void;
}

const EVERY_MS = 1_000;
const TIMEOUT_MS = 3_000;

/** One failure may be a connection that broke, which the next check does without. */
const FAILURES_UNTIL_DOWN = 2;

/**
 * Check something again and again that can be used at the beginning. Two checks must fail before it counts as down, and
 * one ends that.
 */
export function monitorReadiness(options: ReadinessOptions): Readiness {
  const { check, onChange, everyMs = EVERY_MS, timeoutMs = TIMEOUT_MS } = options;
  let failures = 0;
  let isChecking = false;
  let isClosed = false;

  const notify = (isReady: boolean, reason?: unknown): void => {
    if (!isClosed) {
      onChange(isReady, reason);
    }
  };
  const fail = (reason: unknown): void => {
    failures += 1;
    if (failures === FAILURES_UNTIL_DOWN) {
      notify(false, reason);
    }
  };
  const succeed = (): void => {
    const wasDown = failures >= FAILURES_UNTIL_DOWN;
    failures = 0;
    if (wasDown) {
      notify(true);
    }
  };
  const look = async (): Promise<void> => {
    if (isChecking) {
      return;
    }
    isChecking = true;
    // What does not answer in time is down, although the check goes on: only its success can end that.
    const stopWaiting = repeat(systemClock, () => fail(new Error("no answer in time")), timeoutMs);
    try {
      await check();
      succeed();
    } catch (error) {
      fail(error);
    } finally {
      stopWaiting();
      isChecking = false;
    }
  };
  const stopChecks = repeat(systemClock, () => void look(), everyMs);
  return {
    close() {
      isClosed = true;
      stopChecks();
    },
  };
}
