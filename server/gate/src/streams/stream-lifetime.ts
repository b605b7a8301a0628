import { AuthError } from "../errors/auth-error.ts";
import type { Cancel, Clock } from "../kernel/clock.ts";
import { KEEPS_PROCESS_ALIVE } from "../kernel/timers.ts";
import type { ClockJumps } from "./clock-jumps.ts";
import { createEnding, type OwnEnding } from "./ending.ts";

/** What a life goes by. */
export interface LifetimeOptions {
  readonly clock: Clock;
  /** Notifies when the clock was set. */
  readonly clockJumps: ClockJumps;
  /** The message of the error at the deadline. Default: that the token has expired. */
  readonly expiry?: string;
}

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
 * @param deadlineMs when it ends with STREAM_EXPIRED, in milliseconds since 1970
 */
export function createStreamLifetime(options: LifetimeOptions, deadlineMs: number): StreamLifetime {
  const { clock, clockJumps } = options;
  const ending = createEnding();
  let cancelTimer: Cancel | undefined;
  let endsAtMs = deadlineMs;

  function stop(): void {
    cancelTimer?.();
    clockJumps.delete(look);
  }

  function end(error: AuthError): void {
    stop();
    ending.end(error);
  }

  /** A timer only wakes us up: the clock says whether the time has come, also after it was set. */
  function look(): void {
    cancelTimer?.();
    const leftMs = endsAtMs - clock.nowMs();
    if (leftMs > 0) {
      cancelTimer = clock.schedule(look, leftMs, KEEPS_PROCESS_ALIVE);
    } else {
      end(
        new AuthError("STREAM_EXPIRED", options.expiry ?? "the token that the stream runs on has expired", {
          facts: { check: "stream" },
        }),
      );
    }
  }

  clockJumps.add(look);
  look();
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
    setDeadline(atMs) {
      endsAtMs = atMs;
      look();
    },
    release(reason) {
      stop();
      ending.abort(reason);
    },
  };
}
