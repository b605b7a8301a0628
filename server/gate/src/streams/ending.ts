import type { AuthError } from "../errors/auth-error.ts";

/** An ending, as those see it who wait for it. */
export interface Ending {
  /** Why it came; undefined before. */
  readonly ended: AuthError | undefined;
  /** Be told of it: at once if it has come. */
  onEnd(listener: (error: AuthError) => void): void;
}

/** An ending that somebody brings about. */
export interface OwnEnding extends Ending {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  /** Bring it about. Later calls do nothing. */
  end(error: AuthError): void;
  /** Abort the signal, and nothing else: what could have ended is over by itself. */
  abort(reason: unknown): void;
}

/** Create the ending of what has not ended yet. It comes once, or never. */
export function createEnding(): OwnEnding {
  const controller = new AbortController();
  const listeners = new Set<(error: AuthError) => void>();
  let ended: AuthError | undefined;
  return {
    signal: controller.signal,
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended === undefined) {
        listeners.add(listener);
      } else {
        listener(ended);
      }
    },
    end(error) {
      if (ended === undefined) {
        ended = error;
        for (const listener of listeners) {
          listener(error);
        }
        listeners.clear();
        controller.abort(error);
      }
    },
    abort: (reason) => controller.abort(reason),
  };
}
