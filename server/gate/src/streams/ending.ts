import type { AuthError } from "../errors/auth-error.ts";
import { LazySignal } from "../kernel/lazy-signal.ts";

/** An ending, as its listeners see it. */
export interface Ending {
  /** Why it came; undefined before. From then on no message passes. */
  readonly ended: AuthError | undefined;
  /** Add a listener. It is called at once if the others have been. */
  onEnd(listener: (error: AuthError) => void): void;
}

type EndListener = (error: AuthError) => void;

/**
 * An ending, as its owner sees it: it comes once, or never. The signal aborts with it, or before.
 *
 * A class: one is made for every stream.
 */
export class OwnEnding extends LazySignal implements Ending {
  #listeners: readonly EndListener[] = NONE;
  #ended: AuthError | undefined;
  #isNotified = false;

  get ended(): AuthError | undefined {
    return this.#ended;
  }

  onEnd(listener: EndListener): void {
    if (this.#ended !== undefined && this.#isNotified) {
      listener(this.#ended);
    } else {
      this.#listeners = this.#listeners.concat(listener); // as long as it must be: a spread leaves room for 16 more
    }
  }

  /** Bring it about, and notify its listeners. What has an end already keeps it. */
  end(error: AuthError): void {
    this.begin(error);
    this.notify();
  }

  /** Bring it about. The listeners are notified later. @returns false when it has come before */
  begin(error: AuthError): boolean {
    const isFirst = this.#ended === undefined;
    this.#ended ??= error;
    return isFirst;
  }

  /** Notify the listeners of an end that has begun. */
  notify(): void {
    const error = this.#ended;
    if (error === undefined || this.#isNotified) {
      return;
    }
    this.#isNotified = true;
    const listeners = this.#listeners;
    this.#listeners = NONE;
    for (const listener of listeners) {
      listener(error);
    }
    this.abort(error);
  }

  /** What could have ended is over by itself: notify the listeners of an end that has begun, or abort the signal alone. */
  release(reason: unknown): void {
    if (this.#ended === undefined) {
      this.abort(reason);
    } else {
      this.notify();
    }
  }
}

const NONE: readonly EndListener[] = [];

/** Create the ending of what has not ended yet. */
export function createEnding(): OwnEnding {
  return new OwnEnding();
}
