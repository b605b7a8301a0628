import { LazySignal, systemClock } from "@countersign/server/internal";
import { createDeadlineSignal } from "../connect-protocol.ts";
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
 * The signal of a call. It is made when a handler reads it, and what aborts it is followed from the first listener on: few
 * handlers read it, and the error with which it is aborted at the end of every call costs as much as the rest of the call.
 *
 * A class: one is made for every call.
 */
export class CallSignal extends LazySignal {
  readonly #exchange: HttpExchange;
  readonly #shutdownSignal: AbortSignal | undefined;
  readonly #deadline: Deadline | undefined;
  #isFollowing = false;
  #stopTimer: (() => void) | undefined;

  /** @param timeoutMs how long the caller waits, in milliseconds */
  constructor(
    exchange: HttpExchange,
    timeoutMs: number | undefined,
    shutdownSignal: AbortSignal | undefined,
  ) {
    super();
    this.#exchange = exchange;
    this.#shutdownSignal = shutdownSignal;
    this.#deadline = timeoutMs === undefined ? undefined : createDeadline(timeoutMs);
  }

  /** How much is left of the time that the caller waits, in whole milliseconds. */
  get remainingMs(): number | undefined {
    return this.#deadline === undefined ? undefined : this.#deadline.dateMs - systemClock.nowMs();
  }

  override get signal(): AbortSignal {
    this.#follow();
    return super.signal;
  }

  /** The same as that of the signal, which need not be there. */
  override get aborted(): boolean {
    if (super.aborted || this.#isFollowing) {
      return super.aborted;
    }
    return this.#isLate() || this.#shutdownSignal?.aborted === true || this.#exchange.isGone;
  }

  override get reason(): unknown {
    this.#follow();
    return super.reason;
  }

  override addEventListener(type: "abort", listener: () => void): void {
    super.addEventListener(type, listener);
    // Behind that: what aborts it may have come, and the listener would not learn of it.
    this.#follow();
  }

  /** End the call. */
  override abort(reason?: unknown): void {
    if (this.#isFollowing) {
      this.#stopTimer?.();
      this.#shutdownSignal?.removeEventListener("abort", this);
    }
    super.abort(reason);
  }

  /** Called by the signals of its deadline and of the server's end. */
  handleEvent({ target }: Event): void {
    this.abort(target instanceof AbortSignal ? target.reason : undefined);
  }

  #isLate(): boolean {
    return this.#deadline !== undefined && systemClock.monotonicMs() >= this.#deadline.timerMs;
  }

  /** Follow what aborts it, in the order in which Connect asks. */
  #follow(): void {
    if (this.#isFollowing || super.aborted) {
      return;
    }
    this.#isFollowing = true;
    if (this.#deadline !== undefined) {
      const { signal, cleanup } = createDeadlineSignal(this.#deadline.timerMs - systemClock.monotonicMs());
      this.#stopTimer = cleanup;
      this.#abortWith(signal);
    }
    this.#exchange.onClose((reason) => this.abort(reason));
    if (this.#shutdownSignal !== undefined) {
      this.#abortWith(this.#shutdownSignal);
    }
  }

  #abortWith(signal: AbortSignal): void {
    if (signal.aborted) {
      this.abort(signal.reason);
    } else if (!super.aborted) {
      signal.addEventListener("abort", this);
    }
  }
}
