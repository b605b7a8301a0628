const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/**
 * Write the time that is left as people read a countdown: `1.4 s`, `42 s`, `9:05`, `1:04:09`.
 *
 * @param remainingMs milliseconds; below zero counts as zero
 */
export function formatCountdown(remainingMs: number): string {
  const ms = Math.max(0, remainingMs);
  if (ms < 10_000) {
    return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  }
  if (ms < MINUTE_MS) {
    return `${Math.floor(ms / 1000)} s`;
  }
  const seconds = Math.floor(ms / 1000);
  const pad = (value: number): string => String(value).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (ms < HOUR_MS) {
    return `${minutes}:${pad(seconds % 60)}`;
  }
  return `${Math.floor(minutes / 60)}:${pad(minutes % 60)}:${pad(seconds % 60)}`;
}

/**
 * Write a length of time in its largest fitting unit: `2 s`, `3.5 s`, `10 min`, `24 h`.
 *
 * @param lengthMs milliseconds; below ten seconds rounded to a tenth, above to the unit
 */
export function formatLength(lengthMs: number): string {
  if (lengthMs < 10_000) {
    return `${Math.round(lengthMs / 100) / 10} s`;
  }
  if (lengthMs < 2 * MINUTE_MS) {
    return `${Math.round(lengthMs / 1000)} s`;
  }
  if (lengthMs < 2 * HOUR_MS) {
    return `${Math.round(lengthMs / MINUTE_MS)} min`;
  }
  return `${Math.round(lengthMs / HOUR_MS)} h`;
}

/**
 * Write how long a token lasts: `5 s`, `10 min`. It ends on a whole second (claim `exp`), and the second in which it was
 * issued counts in full: a token of five seconds lasts 4.2 s when the first of them is nearly over.
 *
 * @param lifeMs milliseconds
 */
export function formatTokenLife(lifeMs: number): string {
  return formatLength(Math.ceil(lifeMs / 1000) * 1000);
}

/**
 * Write how long ago something was: `just now`, `3 min ago`, `5 h ago`, after a day the date.
 *
 * @param thenMs when it was, in milliseconds since 1970
 * @param nowMs the time to count from; a `thenMs` after it counts as now
 */
export function formatAgo(thenMs: number, nowMs: number): string {
  const ms = Math.max(0, nowMs - thenMs);
  if (ms < 45_000) {
    return "just now";
  }
  if (ms < HOUR_MS) {
    return `${Math.max(1, Math.round(ms / MINUTE_MS))} min ago`;
  }
  if (ms < DAY_MS) {
    return `${Math.round(ms / HOUR_MS)} h ago`;
  }
  return new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" }).format(thenMs);
}

/** Write a time of day with seconds, in the reader's own zone: `14:03:27`. */
export function formatTimeOfDay(atMs: number): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(atMs);
}

/**
 * Compute which part of a span is left, from 1 (all) to 0 (none).
 *
 * @param startMs when the span began
 * @param endMs when it ends; a span that is empty or inverted has nothing left
 */
export function remainingFraction(startMs: number, endMs: number, nowMs: number): number {
  if (endMs <= startMs) {
    return 0;
  }
  return Math.min(1, Math.max(0, (endMs - nowMs) / (endMs - startMs)));
}
