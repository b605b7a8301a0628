import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";

/** How long one request to the auth server may take. */
export const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Run something that takes a signal, and give up after a while even if it ignores the signal.
 *
 * @throws ConnectError DeadlineExceeded when it took too long
 */
export function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const cancel = clock.schedule(() => {
      const error = new ConnectError("the auth server did not answer in time", Code.DeadlineExceeded);
      controller.abort(error);
      reject(error);
    }, timeoutMs);
    void run(controller.signal).then(resolve, reject).finally(cancel);
  });
}

/** Wait, for somebody who waits in turn. */
export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.schedule(resolve, delayMs, { keepsProcessAlive: true });
  });
}

/** Read both clocks. */
export function instantOf(clock: Clock): { readonly wallMs: number; readonly monotonicMs: number } {
  return { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
}
