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
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    const settle = () => signal.removeEventListener("abort", onAbort);
    void promise.then(resolve, reject).finally(settle);
  });
}
