import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";

/** How long one request to the auth server may take. */
export const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Wait for a promise, but no longer than the signals allow.
 *
 * Only this caller is let go when one aborts: the promise goes on for all other callers.
 *
 * @throws the reason of the signal that aborts first
 */
export function waitFor<T>(
  promise: Promise<T>,
  ...signals: readonly (AbortSignal | undefined)[]
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stops = signals.map((signal) => onAbort(signal, reject));
    // Neither of the two throws: `finally` would make three promises more.
    void promise.then(resolve, reject).then(() => {
      for (const stop of stops) {
        stop();
      }
    });
  });
}

/** Run something with a signal's reason when it aborts, or at once if it has. @returns a function that stops it */
export function onAbort(signal: AbortSignal | undefined, run: (reason: unknown) => void): () => void {
  const abort = () => run(signal?.reason);
  if (signal?.aborted) {
    abort();
  }
  signal?.addEventListener("abort", abort);
  return () => signal?.removeEventListener("abort", abort);
}

/**
 * Run something that takes a signal, and give up after a while, 10 s by default, even if it ignores the signal.
 *
 * When the timer comes as late as that again, the page was suspended or the machine slept: whatever it waits for gets
 * its time once more.
 *
 * @throws ConnectError DeadlineExceeded when it took too long
 */
export async function withTimeout<T>(
  clock: Clock,
  run: (signal: AbortSignal) => Promise<T>,
  timeoutMs: number = ATTEMPT_TIMEOUT_MS,
): Promise<T> {
  const controller = new AbortController();
  const { signal } = controller;
  const timeout = () => {
    const dueMs = clock.monotonicMs() + timeoutMs;
    return clock.schedule(() => {
      if (clock.monotonicMs() > dueMs + timeoutMs) {
        cancel = timeout();
      } else {
        controller.abort(new ConnectError("no answer in time", Code.DeadlineExceeded));
      }
    }, timeoutMs);
  };
  let cancel = timeout();
  try {
    return await waitFor(run(signal), signal);
  } finally {
    cancel();
  }
}

/** Wait, for a caller: the process does not end before. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(resolve, delayMs, { keepsProcessAlive: true });
  });
}
