import type { Clock } from "../../kernel/clock.ts";
import { SignalsError } from "../signals-error.ts";

/** Knows of when all is known that other servers have told: the moment at which a message was sent that came back. */
export interface BusLiveness {
  /** Of when, by the monotonic clock; NaN: of no moment yet. */
  readonly knownAtMs: number;
  /** A message came back, and nothing is missing. @param sentAtMs when it was sent, by the monotonic clock */
  alive(sentAtMs: number): void;
  /** Time has passed: report an outage that lasts, once. */
  check(): void;
  /** A message could not be opened: report it, once in a while. */
  foreign(): void;
}

/** How long an outage lasts before it is reported, in milliseconds: a restart of the bus takes less. */
const REPORT_AFTER_MS = 25_000;

/** How often messages that cannot be opened are reported, in milliseconds: a stranger can publish some. */
const FOREIGN_EVERY_MS = 10 * 60 * 1_000;

/** Create it for a server that starts now. */
export function createBusLiveness(clock: Clock, onError: (error: SignalsError) => void): BusLiveness {
  const startedAtMs = clock.monotonicMs();
  let knownAtMs = Number.NaN;
  let foreignAtMs = Number.NEGATIVE_INFINITY;
  let isReported = false;
  return {
    get knownAtMs() {
      return knownAtMs;
    },
    alive(sentAtMs) {
      knownAtMs = sentAtMs;
      isReported = false;
    },
    check() {
      const sinceMs = clock.monotonicMs() - (Number.isNaN(knownAtMs) ? startedAtMs : knownAtMs);
      if (sinceMs >= REPORT_AFTER_MS && !isReported) {
        isReported = true;
        onError(
          new SignalsError(
            "silent",
            "no message of this server to itself has come back over the bus: it is down, or does not carry a server's own messages",
          ),
        );
      }
    },
    foreign() {
      if (clock.monotonicMs() - foreignAtMs >= FOREIGN_EVERY_MS) {
        foreignAtMs = clock.monotonicMs();
        onError(
          new SignalsError(
            "refused",
            "a message on the bus is of no server with this secret, or of one whose clock is off by more than 30 s",
          ),
        );
      }
    },
  };
}
