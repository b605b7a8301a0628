import { createDeadlineSignal, createLinkedAbortController } from "@connectrpc/connect/protocol";
import type { Exchange } from "../exchange/exchange.ts";

/**
 * The signal of a call, made when somebody asks for it: few handlers do, and the error with which it is aborted at
 * the end of every call costs as much as the rest of the call.
 *
 * A class: one is made for every call.
 */
export class CallSignal {
  readonly #exchange: Exchange;
  readonly #shutdownSignal: AbortSignal | undefined;
  readonly #deadlineMs: number | undefined;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  /** How the call ended, if it did before anybody asked. */
  #end: { readonly reason: unknown } | undefined;

  /** @param timeoutMs how long the caller waits, in milliseconds */
  constructor(exchange: Exchange, timeoutMs: number | undefined, shutdownSignal: AbortSignal | undefined) {
    this.#exchange = exchange;
    this.#shutdownSignal = shutdownSignal;
    this.#deadlineMs = timeoutMs === undefined ? undefined : Date.now() + timeoutMs;
  }

  /** How much is left of the time that the caller waits, in milliseconds. */
  get remainingMs(): number | undefined {
    return this.#deadlineMs === undefined ? undefined : this.#deadlineMs - Date.now();
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#create();
    return this.#controller.signal;
  }

  /** The same as that of the signal, which need not be there. */
  get aborted(): boolean {
    if (this.#controller !== undefined) return this.#controller.signal.aborted;
    return (
      this.#end !== undefined ||
      this.#isLate() ||
      this.#shutdownSignal?.aborted === true ||
      this.#exchange.isGone
    );
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
    if (this.#end !== undefined) {
      const controller = new AbortController();
      controller.abort(this.#end.reason);
      return controller;
    }
    const deadline = createDeadlineSignal(this.remainingMs);
    this.#stopTimer = deadline.cleanup;
    const request = new AbortController();
    this.#exchange.onClose((reason) => request.abort(reason));
    return createLinkedAbortController(deadline.signal, request.signal, this.#shutdownSignal);
  }
}
