import type { Cancel, Clock } from "@countersign/server";
import { backoffMs } from "@countersign/server/internal";

/** How long to wait before a connection is opened again. */
const RETRY_BACKOFF = { firstMs: 100, maxMs: 5_000, jitter: 0.5 };

/** How often it is tried at the most while there is something to send, in milliseconds. */
const HASTE_MS = 500;

/**
 * For so long after a connection was opened, others may not be back yet, in milliseconds: what has cut it may have cut
 * theirs.
 */
export const SETTLED_MS: number = 2 * RETRY_BACKOFF.maxMs;

/** Says when a connection is opened again. */
export interface Reconnection {
  /** Open it now. */
  connect(): void;
  /** Open it again later: the last one has ended, or could not be had. */
  connectLater(): void;
  /** Open it soon, if it is to be opened later: something waits to be sent. */
  hasten(): void;
  /** Whether it is to be opened later. */
  isWaiting(): boolean;
  /** How long ago it was last opened, in milliseconds. */
  ageMs(): number;
  /** Forget how often it has failed. */
  succeed(): void;
  /** Open it no more. */
  cancel(): void;
}

/** Create what opens a connection again, each time later. @param open opens it */
export function createReconnection(clock: Clock, open: () => void): Reconnection {
  let failures = 0;
  let openedAtMs = Number.NEGATIVE_INFINITY;
  let waiting: { readonly untilMs: number; readonly cancel: Cancel } | undefined;

  const cancel = (): void => {
    waiting?.cancel();
    waiting = undefined;
  };
  const connect = (): void => {
    cancel();
    openedAtMs = clock.monotonicMs();
    open();
  };
  const connectAt = (untilMs: number): void => {
    cancel();
    const delayMs = Math.max(0, untilMs - clock.monotonicMs());
    waiting = { untilMs, cancel: clock.schedule(connect, delayMs) };
  };
  return {
    connect,
    connectLater() {
      failures += 1;
      connectAt(clock.monotonicMs() + backoffMs(RETRY_BACKOFF, failures));
    },
    hasten() {
      const soonMs = openedAtMs + HASTE_MS;
      if (waiting !== undefined && waiting.untilMs > soonMs) {
        connectAt(soonMs);
      }
    },
    isWaiting: () => waiting !== undefined,
    ageMs: () => clock.monotonicMs() - openedAtMs,
    succeed() {
      failures = 0;
    },
    cancel,
  };
}
