/** How many want it to stand still. Comparisons run beside each other: the last one lets it go on. */
let stops = 0;

/**
 * Let `Date` stand still until it is disposed of, once or more often: what is left of a deadline is then the same number
 * on both servers, and can be compared to the last digit. Timers run on.
 */
export function stopClock(): Disposable {
  stops += 1;
  if (stops === 1) {
    hold();
  }
  let isHeld = true;
  return {
    [Symbol.dispose]() {
      stops -= isHeld ? 1 : 0;
      isHeld = false;
      if (stops === 0) {
        release();
      }
    },
  };
}

let release: () => void = () => undefined;

function hold(): void {
  const { now } = Date;
  const stoppedMs = now();
  Date.now = () => stoppedMs;
  release = () => {
    Date.now = now;
  };
}

/** Whether it stands still. */
export function isClockStopped(): boolean {
  return stops > 0;
}
