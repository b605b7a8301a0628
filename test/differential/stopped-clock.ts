/**
 * Let `Date` stand still until it is disposed of: what is left of a deadline is then the same number on both servers,
 * and can be compared to the last digit. Timers run on.
 */
export function stopClock(): Disposable {
  const { now } = Date;
  const stoppedMs = now();
  Date.now = () => stoppedMs;
  stopped = true;
  return {
    [Symbol.dispose]() {
      Date.now = now;
      stopped = false;
    },
  };
}

let stopped = false;

/** Whether it stands still. */
export function isClockStopped(): boolean {
  return stopped;
}
