/**
 * Wait for work, but not after a signal: also work of the application's that does not heed it comes to an end.
 *
 * @param signal aborts when the work is over, at the latest: until then, it keeps what waits
 * @throws Error when the signal aborts first
 */
export function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(new Error("aborted", { cause: signal.reason }));
    if (signal.aborted) {
      stop();
    }
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject);
  });
}
