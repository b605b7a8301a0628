import type { AuthError } from "../errors/auth-error.ts";

/** An ending, as its listeners see it. */
export interface Ending {
  /** Why it came; undefined before. */
  readonly ended: AuthError | undefined;
  /** Add a listener. It is called at once if the end has come. */
  onEnd(listener: (error: AuthError) => void): void;
}

/** An ending, as its owner sees it. */
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
