import type { AuthError } from "../errors/auth-error.ts";
import { createSharedError } from "../errors/shared-error.ts";
import type { Clock } from "../kernel/clock.ts";
import { pause } from "../kernel/timers.ts";

/** A stream that can be ended. */
export interface DrainedStream {
  /** End it. Later calls do nothing. */
  end(error: AuthError): void;
}

/** Ends the open streams of a server that stops, one after another: their clients do not come back all at once. */
export interface StreamDrain {
  /** Add an open stream. It ends at once when all others have been ended. */
  add(stream: DrainedStream): void;
  /** Remove a stream that is over. */
  remove(stream: DrainedStream): void;
  /**
   * End all of them, those first that were opened first. Later calls wait for the same.
   *
   * @param overMs how long that may take, in milliseconds. Fewer streams than 100 a second take less
   */
  run(overMs: number): Promise<void>;
}

/** How long the server waits between two streams, or where there are many, between several and several. */
const STEP_MS = 10;

const DRAINING = createSharedError("SERVER_DRAINING", "the server is shutting down", { retryAfterMs: 0 });

/** Create the drain of a server that takes calls. */
export function createStreamDrain(clock: Clock): StreamDrain {
  const open = new Set<DrainedStream>();
  let isOver = false;
  let running: Promise<void> | undefined;

  function endFirst(count: number): void {
    let left = count;
    for (const stream of open) {
      if (left <= 0) {
        return;
      }
      left -= 1;
      open.delete(stream);
      stream.end(DRAINING);
    }
  }
  async function endAll(overMs: number): Promise<void> {
    for (let steps = Math.floor(overMs / STEP_MS); steps > 1 && open.size > 0; steps -= 1) {
      endFirst(Math.ceil(open.size / steps));
      await pause(clock, STEP_MS);
    }
    isOver = true;
    endFirst(open.size);
  }
  return {
    add(stream) {
      if (isOver) {
        stream.end(DRAINING);
      } else {
        open.add(stream);
      }
    },
    remove: (stream) => void open.delete(stream),
    run(overMs) {
      running ??= endAll(overMs);
      return running;
    },
  };
}
