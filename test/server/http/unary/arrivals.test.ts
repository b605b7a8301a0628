import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createArrivals } from "../../../../server/src/http/unary/arrivals.ts";
import type { UnaryExchange } from "../../../../server/src/http/unary/exchange.ts";

/** A request that says whether it was hung up on. */
function pendingRequest(isComplete = false) {
  const request = {
    isComplete,
    isHungUp: false,
    hangUp(): void {
      this.isHungUp = true;
    },
  };
  return { request, exchange: request as unknown as UnaryExchange }; // all that is asked of one here
}

describe("requests that are waited for", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("are hung up on each in its time, unless they have arrived", () => {
    const arrivals = createArrivals(1000);
    const [first, arrived, complete, late] = [
      pendingRequest(),
      pendingRequest(),
      pendingRequest(true),
      pendingRequest(),
    ];
    for (const { exchange } of [first, arrived, complete]) arrivals.add(exchange);
    arrivals.delete(arrived.exchange);
    vi.advanceTimersByTime(600);
    arrivals.add(late.exchange);
    arrivals.add(first.exchange); // waited for already
    vi.advanceTimersByTime(500);
    expect([first, arrived, complete, late].map(({ request }) => request.isHungUp)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    vi.advanceTimersByTime(600);
    expect(late.request.isHungUp).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
