import type { AuthError } from "../errors/auth-error.ts";

/** An ending, as its listeners see it. */
export interface Ending {
  /** Why it came; undefined before. From then on no message passes. */
  readonly ended: AuthError | undefined;
  /** Add a listener. It is called at once if the others have been. */
  onEnd(listener: (error: AuthError) => void): void;
}

/** An ending, as its owner sees it. */
export interface OwnEnding extends Ending {
  /** Aborts at the end. */
  readonly signal: AbortSignal;
  /** Bring it about, and notify its listeners. What has an end already keeps it. */
  end(error: AuthError): void;
  /** Bring it about. The listeners are notified later. @returns false when it has come before */
  begin(error: AuthError): boolean;
  /** What could have ended is over by itself: notify the listeners of an end that has begun, or abort the signal alone. */
  release(reason: unknown): void;
}

/** Create the ending of what has not ended yet. It comes once, or never. */
export function createEnding(): OwnEnding {
  const controller = new AbortController();
  const listeners = new Set<(error: AuthError) => void>();
  let ended: AuthError | undefined;
  let isNotified = false;

  function begin(error: AuthError): boolean {
    const isFirst = ended === undefined;
    ended ??= error;
    return isFirst;
  }

  function notify(error: AuthError): void {
    if (isNotified) {
      return;
    }
    isNotified = true;
    for (const listener of listeners) {
      listener(error);
    }
    listeners.clear();
    controller.abort(error);
  }

  return {
    signal: controller.signal,
    get ended() {
      return ended;
    },
    onEnd(listener) {
      if (ended !== undefined && isNotified) {
        listener(ended);
      } else {
        listeners.add(listener);
      }
    },
    begin,
    end(error) {
      begin(error);
      notify(ended ?? error);
    },
    release(reason) {
      if (ended !== undefined) {
        notify(ended);
      } else if (!controller.signal.aborted) {
        // Without a reason, Node makes an error of the platform for every call, also when the signal has one.
        controller.abort(reason);
      }
    },
  };
}
