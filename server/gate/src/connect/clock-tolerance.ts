/** What clocks that are kept by NTP may lie apart, with room to spare. */
const DEFAULT_TOLERANCE_SECONDS = 5;

/** More than this is no tolerance but a longer life of every token. */
const MAX_TOLERANCE_SECONDS = 300;

/** Fill in the default of option `clockToleranceSeconds`. @throws TypeError when it makes no sense */
export function resolveClockTolerance(seconds = DEFAULT_TOLERANCE_SECONDS): number {
  if (!(seconds >= 0 && seconds <= MAX_TOLERANCE_SECONDS)) {
    throw new TypeError(
      `clockToleranceSeconds must be between 0 and ${MAX_TOLERANCE_SECONDS}, and is ${seconds}`,
    );
  }
  return seconds;
}
