import type { Clock } from "./clock.ts";

/** How often one cause is written, in milliseconds. */
const WRITE_EVERY_MS = 60_000;
/** How many causes are known at a time: more than the methods of most servers have checks. */
const MAX_CAUSES = 1_000;

/** What is known of a cause. */
interface Cause {
  nextAtMs: number;
  /** How many lines of it were not written since the last that was. */
  unwritten: number;
}

/**
 * Says whether a line about a cause may be written now.
 *
 * @returns how many of the cause were not written since the last that was; undefined: neither is this one
 */
export type LineLimit = (cause: string) => number | undefined;

/** Create a limit of one line a minute for each cause, so that what happens often does not fill a log. */
export function createLineLimit(clock: Clock): LineLimit {
  const causes = new Map<string, Cause>();

  function causeOf(name: string): Cause {
    const known = causes.get(name);
    if (known !== undefined) {
      return known;
    }
    const [oldest] = causes.size < MAX_CAUSES ? [] : causes.keys();
    if (oldest !== undefined) {
      causes.delete(oldest);
    }
    const cause = { nextAtMs: Number.NEGATIVE_INFINITY, unwritten: 0 };
    causes.set(name, cause);
    return cause;
  }

  return (name) => {
    const cause = causeOf(name);
    const nowMs = clock.monotonicMs();
    // A clock that returns no number writes.
    if (nowMs < cause.nextAtMs) {
      cause.unwritten += 1;
      return undefined;
    }
    const more = cause.unwritten;
    cause.unwritten = 0;
    cause.nextAtMs = nowMs + WRITE_EVERY_MS;
    return more;
  };
}
