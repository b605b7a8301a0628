import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";

/** How long one request to the auth server may take. */
export const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Wait for a promise, but no longer than the signal allows.
 *
 * Only this caller is let go when the signal aborts: the promise goes on for everyone else who waits for it.
 *
 * @throws the signal's reason when it aborts first
 */
export function waitFor<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort);
    void promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}

/**
 * Run something that takes a signal, and give up after a while, 10 s by default, even if it ignores the signal.
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
  const onTimeout = () => controller.abort(new ConnectError("no answer in time", Code.DeadlineExceeded));
  const cancel = clock.schedule(onTimeout, timeoutMs);
  try {
    return await waitFor(run(signal), signal);
  } finally {
    cancel();
  }
}

/** Wait, for somebody who waits in turn. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(resolve, delayMs, { keepsProcessAlive: true });
  });
}
