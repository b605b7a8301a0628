import { createDeadlineSignal, createLinkedAbortController } from "@connectrpc/connect/protocol";
import type { AbortState } from "../../connect/interceptor-scope.ts";
import type { UnaryExchange } from "./exchange.ts";

/** What aborts a call before it is over. */
export interface AbortSources {
  readonly exchange: UnaryExchange;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
}

/**
 * The signal of a call, made when somebody asks for it: few handlers do, and the error with which it is aborted at
 * the end of every call costs as much as the rest of the call.
 *
 * A class: one is made for every call.
 */
export class CallSignal implements AbortState {
  readonly #sources: AbortSources;
  readonly #deadlineMs: number | undefined;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  /** How the call ended, if it did before anybody asked. */
  #end: { readonly reason: unknown } | undefined;

  constructor(sources: AbortSources) {
    this.#sources = sources;
    this.#deadlineMs = sources.timeoutMs === undefined ? undefined : Date.now() + sources.timeoutMs;
  }

  /** How much is left of the time that the caller waits, in milliseconds. */
  readonly remainingMs = (): number | undefined =>
    this.#deadlineMs === undefined ? undefined : this.#deadlineMs - Date.now();

  get signal(): AbortSignal {
    this.#controller ??= this.#create();
    return this.#controller.signal;
  }

  /** The same as that of the signal, which need not be there. */
  get aborted(): boolean {
    if (this.#controller !== undefined) return this.#controller.signal.aborted;
    const { exchange, shutdownSignal } = this.#sources;
    return this.#end !== undefined || this.#isLate() || shutdownSignal?.aborted === true || exchange.isGone;
  }

  get reason(): unknown {
    return this.signal.reason;
  }

  /** End the call. */
  abort(reason?: unknown): void {
    this.#end ??= { reason };
    this.#stopTimer?.();
    this.#controller?.abort(reason);
  }

  #isLate(): boolean {
    return this.#deadlineMs !== undefined && Date.now() >= this.#deadlineMs;
  }

  #create(): AbortController {
    const { exchange, shutdownSignal } = this.#sources;
    if (this.#end !== undefined) {
      const controller = new AbortController();
      controller.abort(this.#end.reason);
      return controller;
    }
    const deadline = createDeadlineSignal(this.remainingMs());
    this.#stopTimer = deadline.cleanup;
    const request = new AbortController();
    exchange.onClose((reason) => request.abort(reason));
    return createLinkedAbortController(deadline.signal, request.signal, shutdownSignal);
  }
}
