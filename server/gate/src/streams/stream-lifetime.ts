import type { AuthError } from "../errors/auth-error.ts";
import { createSharedError } from "../errors/shared-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Deadlines } from "../kernel/deadlines.ts";
import { createEnding, type Ending } from "./ending.ts";

/** What a life goes by. */
export interface LifetimeOptions {
  readonly clock: Clock;
  /** Where the ends of all streams of the server wait. */
  readonly deadlines: Deadlines;
  /** The error at the deadline, one for all streams. Default: that the token has expired. */
  readonly expiry?: AuthError;
}

/** The life of one stream: it ends once, at its deadline or before. */
export interface StreamLifetime extends Ending {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  /** When it ends, in milliseconds since 1970. */
  readonly deadlineMs: number;
  /**
   * End the stream. No message passes from now on. Who waits for one is notified at once, or where many end together, in
   * the next turns of the event loop, before the streams whose time has come. Later calls do nothing.
   */
  end(error: AuthError): void;
  /** Abort the signal of a stream that goes on: its end is still to come. */
  abort(reason: unknown): void;
  /** Move the deadline of a stream that goes on. @param deadlineMs in milliseconds since 1970 */
  setDeadline(deadlineMs: number): void;
  /** The stream is over by itself: drop the deadline and abort the signal. */
  release(reason: unknown): void;
}

/** Create the error that streams end with at their deadline. @param message what has run out */
export function createExpiry(message: string): AuthError {
  return createSharedError("STREAM_EXPIRED", message, { facts: { check: "stream" } });
}

const TOKEN_EXPIRED = createExpiry("the token that the stream runs on has expired");

/**
 * Begin the life of a stream.
 *
 * @param deadlineMs when it ends with STREAM_EXPIRED, in milliseconds since 1970
 */
export function createStreamLifetime(
  { clock, deadlines, expiry = TOKEN_EXPIRED }: LifetimeOptions,
  deadlineMs: number,
): StreamLifetime {
  const ending = createEnding();
  // What has been ended before keeps its own error.
  const deadline = deadlines.add(deadlineMs, () => ending.end(expiry));
  let endsAtMs = deadlineMs;
  if (!(deadlineMs - clock.nowMs() > 0)) {
    deadlines.cancel(deadline);
    ending.end(expiry);
  }
  return {
    signal: ending.signal,
    get deadlineMs() {
      return endsAtMs;
    },
    get ended() {
      return ending.ended;
    },
    onEnd: (listener) => ending.onEnd(listener),
    end(error) {
      if (ending.begin(error)) {
        deadlines.hurry(deadline);
      }
    },
    abort: (reason) => ending.release(reason),
    setDeadline(atMs) {
      if (ending.ended === undefined) {
        endsAtMs = atMs;
        deadlines.move(deadline, atMs);
      }
    },
    release(reason) {
      deadlines.cancel(deadline);
      ending.release(reason);
    },
  };
}
