import { Code, ConnectError } from "@connectrpc/connect";

/** What can end a call before its answer. */
export interface CallLimits {
  readonly signal?: AbortSignal;
  /** In milliseconds. */
  readonly timeoutMs?: number;
}

/** Node would run at once what is to run later than this. */
const MAX_TIMER_MS = 0x7fff_ffff;
/** The reason of a signal whose call has its answer. One for all: it takes longer to make than all else of a signal. */
const FINISHED = new DOMException("This operation was aborted", "AbortError");

/**
 * The time from the beginning of a call to its end: its signal aborts with the caller's, with the deadline, with an error,
 * and with the answer: then the listeners of the call let go of it.
 */
export class CallLife {
  readonly #controller = new AbortController();
  readonly #outer: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout | undefined;

  constructor({ signal, timeoutMs = Infinity }: CallLimits) {
    if (timeoutMs <= MAX_TIMER_MS) {
      this.#timer = setTimeout(this.#expire, timeoutMs);
    }
    this.#outer = signal;
    if (signal?.aborted === true) {
      this.#abort();
    } else {
      signal?.addEventListener("abort", this.#abort);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Note that the call has its answer. */
  readonly finish = (): void => this.#end(FINISHED);

  /** Note that the call has failed. @returns the error that the caller gets */
  readonly fail = (reason: unknown): ConnectError => {
    const { signal } = this;
    const error = signal.aborted
      ? ConnectError.from(signal.reason, Code.Canceled)
      : ConnectError.from(reason);
    this.#end(error);
    return error;
  };

  readonly #abort = (): void => this.#controller.abort(this.#outer?.reason);

  readonly #expire = (): void =>
    this.#controller.abort(new ConnectError("the operation timed out", Code.DeadlineExceeded));

  #end(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
    this.#controller.abort(reason);
  }
}
