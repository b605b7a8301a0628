import type { AuthError } from "../errors/auth-error.ts";
import { createSharedError } from "../errors/shared-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Deadline } from "../kernel/deadline-heap.ts";
import type { Deadlines } from "../kernel/deadlines.ts";
import { OwnEnding } from "./ending.ts";

/** What a life goes by. */
export interface LifetimeOptions {
  readonly clock: Clock;
  /** Where the ends of all streams of the server wait. */
  readonly deadlines: Deadlines;
  /** The error at the deadline, one for all streams. Default: that the token has expired. */
  readonly expiry?: AuthError;
}

/** Create the error that streams end with at their deadline. @param message what has run out */
export function createExpiry(message: string): AuthError {
  return createSharedError("STREAM_EXPIRED", message, { facts: { check: "stream" } });
}

const TOKEN_EXPIRED = createExpiry("the token that the stream runs on has expired");

/**
 * The life of one stream: it ends once, at its deadline or before. Its signal aborts at the end, or when the call is over by
 * itself.
 *
 * A class: one is made for every stream.
 */
export class StreamLifetime extends OwnEnding {
  readonly #deadlines: Deadlines;
  readonly #deadline: Deadline;
  #deadlineMs: number;

  /** @param deadlineMs when it ends with STREAM_EXPIRED, in milliseconds since 1970 */
  constructor({ clock, deadlines, expiry = TOKEN_EXPIRED }: LifetimeOptions, deadlineMs: number) {
    super();
    this.#deadlines = deadlines;
    // What has been ended before keeps its own error.
    this.#deadline = deadlines.add(deadlineMs, () => super.end(expiry));
    this.#deadlineMs = deadlineMs;
    if (!(deadlineMs - clock.nowMs() > 0)) {
      deadlines.cancel(this.#deadline);
      super.end(expiry);
    }
  }

  /** When it ends, in milliseconds since 1970. */
  get deadlineMs(): number {
    return this.#deadlineMs;
  }

  /**
   * End the stream. No message passes from now on. What waits for one is notified at once, or where many end together, in
   * the next turns of the event loop, before the streams whose time has come. Later calls do nothing.
   */
  override end(error: AuthError): void {
    if (this.begin(error)) {
      this.#deadlines.hurry(this.#deadline);
    }
  }

  /** Move the deadline of a stream that goes on. @param atMs in milliseconds since 1970 */
  setDeadline(atMs: number): void {
    if (this.ended === undefined) {
      this.#deadlineMs = atMs;
      this.#deadlines.move(this.#deadline, atMs);
    }
  }

  /** The stream is over by itself: drop the deadline and abort the signal. */
  override release(reason: unknown): void {
    this.#deadlines.cancel(this.#deadline);
    super.release(reason);
  }
}

/**
 * Begin the life of a stream.
 *
 * @param deadlineMs when it ends with STREAM_EXPIRED, in milliseconds since 1970
 */
export function createStreamLifetime(options: LifetimeOptions, deadlineMs: number): StreamLifetime {
  return new StreamLifetime(options, deadlineMs);
}
