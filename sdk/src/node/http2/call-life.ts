import { Code, ConnectError } from "@connectrpc/connect";
import { CallSignal } from "./call-signal.ts";

/** What can end a call before its answer. */
export interface CallLimits {
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds. */
  readonly timeoutMs?: number | undefined;
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
  /** Aborts with the end of the call. */
  readonly end: CallSignal = new CallSignal();
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
    return this.end.signal;
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
  finish(): void {
    this.#state = "finished";
    this.#close(FINISHED);
  }

  /** Note that the call has failed. @returns the error that the caller gets */
  fail(reason: unknown): ConnectError {
    const { end } = this;
    const error = end.aborted ? ConnectError.from(end.reason, Code.Canceled) : ConnectError.from(reason);
    if (this.#state === "running") {
      this.#state = "failed";
    }
    this.#close(error);
    return error;
  }

  readonly #abort = (): void => this.#cutOff(this.#outer?.reason);

  readonly #expire = (): void =>
    this.#cutOff(new ConnectError("the operation timed out", Code.DeadlineExceeded));

  #cutOff(reason: unknown): void {
    this.#state = "failed";
    this.end.abort(reason);
  }

  #close(reason: unknown): void {
    clearTimeout(this.#timer);
    this.#outer?.removeEventListener("abort", this.#abort);
    this.end.abort(reason);
  }
}
