/** What is asked of an AbortSignal, where few of its readers need the signal itself. */
export interface AbortState {
  readonly aborted: boolean;
  readonly reason: unknown;
  /** Add a listener, once at most. It must not throw. */
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/**
 * A signal that is made when it is read. One takes half a kilobyte with its first listener, and to abort it takes an error of
 * the platform: few of those who want to know of the end of a call need more than a call.
 *
 * A class: one is made for every call.
 */
export class LazySignal implements AbortState {
  #controller: AbortController | undefined;
  #end: { readonly reason: unknown } | undefined;
  #listeners: readonly (() => void)[] = NONE;

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#end !== undefined) {
        this.#controller.abort(this.#end.reason);
      }
    }
    return this.#controller.signal;
  }

  get aborted(): boolean {
    return this.#end !== undefined;
  }

  /** The same as that of the signal: where none was given, an error of the platform. */
  get reason(): unknown {
    return this.#end === undefined ? undefined : (this.#end.reason ?? this.signal.reason);
  }

  /** Abort it. What is aborted keeps its reason. */
  abort(reason: unknown): void {
    if (this.#end !== undefined) {
      return;
    }
    this.#end = { reason };
    const listeners = this.#listeners;
    this.#listeners = NONE;
    for (const listener of listeners) {
      listener();
    }
    this.#controller?.abort(reason);
  }

  addEventListener(_type: "abort", listener: () => void): void {
    if (this.#end === undefined) {
      this.#listeners = this.#listeners.concat(listener); // as long as it must be: a spread leaves room for 16 more
    }
  }

  removeEventListener(_type: "abort", listener: () => void): void {
    if (this.#listeners.length > 0) {
      this.#listeners = this.#listeners.filter((one) => one !== listener);
    }
  }
}

const NONE: readonly (() => void)[] = [];
