import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import { createEnding, type OwnEnding } from "./ending.ts";

/**
 * The longest that one timer waits, in milliseconds; longer waits are chained. A timer does not follow the wall
 * clock when somebody sets it: this is how late a stream may then end. 10,000 streams wake up 2,000 times a second
 * for it, which costs next to nothing.
 */
const MAX_TIMER_MS = 5000;

/** The life of one stream: it ends once, at its deadline or before. */
export interface StreamLifetime extends Omit<OwnEnding, "abort"> {
  /** When it ends, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /** Move the deadline. @param deadlineMs in milliseconds since 1970 */
  setDeadline(deadlineMs: number): void;
  /** The stream is over by itself: release the timer and abort the signal. */
  release(reason: unknown): void;
}

/**
 * Begin the life of a stream.
 *
 * @param clock the time
 * @param deadlineMs when it ends with STREAM_EXPIRED, in milliseconds since 1970
 */
export function createStreamLifetime(clock: Clock, deadlineMs: number): StreamLifetime {
  const ending = createEnding();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let endsAtMs = deadlineMs;

  function end(error: AuthError): void {
    clearTimeout(timer);
    ending.end(error);
  }

  /** A timer only wakes us up: the clock says whether the time has come, also after it was set. */
  function setDeadline(atMs: number): void {
    clearTimeout(timer);
    endsAtMs = atMs;
    const leftMs = atMs - clock.nowMs();
    if (leftMs <= 0) {
      end(new AuthError("STREAM_EXPIRED", "the token that the stream runs on has expired"));
      return;
    }
    timer = setTimeout(() => setDeadline(atMs), Math.min(leftMs, MAX_TIMER_MS));
  }

  setDeadline(deadlineMs);
  return {
    signal: ending.signal,
    get deadlineMs() {
      return endsAtMs;
    },
    get ended() {
      return ending.ended;
    },
    onEnd: (listener) => ending.onEnd(listener),
    end,
    setDeadline,
    release(reason) {
      clearTimeout(timer);
      ending.abort(reason);
    },
  };
}
