import type { Clock } from "../kernel/clock.ts";

/** How long a client may take to read the end of a stream, in milliseconds. */
const DRAIN_GRACE_MS = 5000;

/** What a stream runs over, below Connect. */
export interface Transport {
  /** Check whether the last byte has been sent, or the client has left. */
  isDone(): boolean;
  /** Add a listener that is called when it is done, where the platform says so. */
  onDone(listener: () => void): void;
  /** Cut it off. */
  destroy(): void;
}

/**
 * Give the client of a stream that has ended five seconds to read how it ended, then cut it off: a client that
 * stopped reading must not hold a stream that may not run any more. A stream that is done is let go of at once: thousands
 * of them, each kept by its timer, make every collection of garbage long.
 */
export function cutOffAfterGrace(transport: Transport, clock: Clock): void {
  const cancel = clock.schedule(() => {
    if (!transport.isDone()) {
      transport.destroy();
    }
  }, DRAIN_GRACE_MS);
  transport.onDone(cancel);
}
