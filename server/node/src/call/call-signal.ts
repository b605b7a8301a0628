import { systemClock } from "@countersign/server/internal";
import { createDeadlineSignal, createLinkedAbortController } from "../connect-protocol.ts";
import type { HttpExchange } from "../exchange/http-exchange.ts";

/** When the time of a call is over, on two clocks. */
interface Deadline {
  /** On the clock of the day, which may be set. */
  readonly dateMs: number;
  /** On the clock of timers, which only runs. */
  readonly timerMs: number;
}

/**
 * To the digit what Connect does when a call begins: it puts the one into a Date, which drops fractions, and starts one
 * of Node's timers for the other, which drops them too and takes a millisecond at least.
 */
function createDeadline(timeoutMs: number): Deadline {
  const waitMs = timeoutMs <= 0 ? 0 : Math.max(1, Math.trunc(timeoutMs));
  return { dateMs: Math.trunc(systemClock.nowMs() + timeoutMs), timerMs: systemClock.monotonicMs() + waitMs };
}

/**
 * The signal of a call, made when a handler reads it: few do, and the error with which it is aborted at
 * the end of every call costs as much as the rest of the call.
 *
 * A class: one is made for every call.
 */
export class CallSignal {
  readonly #exchange: HttpExchange;
  readonly #shutdownSignal: AbortSignal | undefined;
  readonly #deadline: Deadline | undefined;
  #controller: AbortController | undefined;
  #stopTimer: (() => void) | undefined;
  /** How the call ended, if it did before the signal was read. */
  #end: { readonly reason: unknown } | undefined;

  /** @param timeoutMs how long the caller waits, in milliseconds */
  constructor(
    exchange: HttpExchange,
    timeoutMs: number | undefined,
    shutdownSignal: AbortSignal | undefined,
  ) {
    this.#exchange = exchange;
    this.#shutdownSignal = shutdownSignal;
    this.#deadline = timeoutMs === undefined ? undefined : createDeadline(timeoutMs);
  }

  /** How much is left of the time that the caller waits, in whole milliseconds. */
  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : this.#deadline.dateMs - systemClock.nowMs();
  }

  get signal(): AbortSignal {
    this.#controller ??= this.#create();
    return this.#controller.signal;
  }

  /** The same as that of the signal, which need not be there. */
  get aborted(): boolean {
    if (this.#controller !== undefined) {
      return this.#controller.signal.aborted;
    }
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
    return this.#deadline !== undefined && systemClock.monotonicMs() >= this.#deadline.timerMs;
  }

  #create(): AbortController {
    if (this.#end !== undefined) {
      const controller = new AbortController();
      controller.abort(this.#end.reason);
      return controller;
    }
    const leftMs =
      this.#deadline === undefined ? undefined : this.#deadline.timerMs - systemClock.monotonicMs();
    const deadline = createDeadlineSignal(leftMs);
    this.#stopTimer = deadline.cleanup;
    const request = new AbortController();
    this.#exchange.onClose((reason) => request.abort(reason));
    return createLinkedAbortController(deadline.signal, request.signal, this.#shutdownSignal);
  }
}
