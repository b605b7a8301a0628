import type { UnaryExchange } from "./exchange.ts";

/** The requests that are still to arrive whole. */
export interface Arrivals {
  /** Wait for a request, unless it is waited for already. */
  add(exchange: UnaryExchange): void;
  /** Wait for it no longer. */
  delete(exchange: UnaryExchange): void;
}

/**
 * Hang up when a request has not arrived whole after `timeoutMs` milliseconds.
 *
 * One timer for all of them: all have the same time, so they come due in the order in which they came.
 */
export function createArrivals(timeoutMs: number): Arrivals {
  const dueMs = new Map<UnaryExchange, number>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const wait = (ms: number): void => {
    timer = setTimeout(sweep, ms);
    timer.unref();
  };
  const sweep = (): void => {
    timer = undefined;
    const now = performance.now();
    for (const [exchange, due] of dueMs) {
      if (due > now) {
        wait(Math.ceil(due - now));
        return;
      }
      dueMs.delete(exchange);
      if (!exchange.isComplete) exchange.hangUp();
    }
  };
  return {
    add(exchange) {
      if (dueMs.has(exchange)) return;
      dueMs.set(exchange, performance.now() + timeoutMs);
      if (timer === undefined) wait(timeoutMs);
    },
    delete: (exchange) => dueMs.delete(exchange),
  };
}
