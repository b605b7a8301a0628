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
  #state: "running" | "failed" | "finished" = "running";

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

  /**
   * Send the call. Its failure ends it.
   *
   * @throws ConnectError what it is rejected with; what is thrown at once stays as it is, as with Connect
   */
  run<T>(send: () => Promise<T>): Promise<T> {
    try {
      return send().catch((reason: unknown) => {
        throw this.fail(reason);
      });
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  /** `finished`: it was answered to the end. `failed`: with an error, an abort or its deadline. */
  get state(): "running" | "failed" | "finished" {
    return this.#state;
  }

  /** Note that the call has its answer. */
  readonly finish = (): void => {
    this.#state = "finished";
    this.#end(FINISHED);
  };

  /** Note that the call has failed. @returns the error that the caller gets */
  readonly fail = (reason: unknown): ConnectError => {
    const { signal } = this;
    const error = signal.aborted
      ? ConnectError.from(signal.reason, Code.Canceled)
      : ConnectError.from(reason);
    if (this.#state === "running") {
      this.#state = "failed";
    }
    this.#end(error);
    return error;
  };

  readonly #abort = (): void => this.#cutOff(this.#outer?.reason);

  readonly #expire = (): void =>
    this.#cutOff(new ConnectError("the operation timed out", Code.DeadlineExceeded));

  #cutOff(reason: unknown): void {
    this.#state = "failed";
    this.#controller.abort(reason);
  }

  #end(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
    this.#controller.abort(reason);
  }
}
