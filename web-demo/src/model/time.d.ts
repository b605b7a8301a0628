/**
 * Write the time that is left as people read a countdown: `1.4 s`, `42 s`, `9:05`, `1:04:09`.
 *
 * @param remainingMs milliseconds; below zero counts as zero
 */
export declare function formatCountdown(remainingMs: number): string;
/**
 * Write a length of time in its largest fitting unit: `2 s`, `10 min`, `24 h`.
 *
 * @param lengthMs milliseconds, rounded to the unit
 */
export declare function formatLength(lengthMs: number): string;
/**
 * Write how long ago something was: `just now`, `3 min ago`, `yesterday`-style units up to days, then the date.
 *
 * @param thenMs when it was, in milliseconds since 1970
 * @param nowMs the time to count from; a `thenMs` after it counts as now
 */
export declare function formatAgo(thenMs: number, nowMs: number): string;
/** Write a time of day with seconds, in the reader's own zone: `14:03:27`. */
export declare function formatTimeOfDay(atMs: number): string;
/**
 * Say which part of a span is left, from 1 (all) to 0 (none).
 *
 * @param startMs when the span began
 * @param endMs when it ends; a span that is empty or inverted has nothing left
 */
export declare function remainingFraction(startMs: number, endMs: number, nowMs: number): number;
//# sourceMappingURL=time.d.ts.map
