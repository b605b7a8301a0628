import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Arriving, createArrivals } from "../../../server/node/src/exchange/arrivals.ts";

/** A request that says whether it was hung up on. */
function pendingRequest(isComplete = false): Arriving & { isHungUp: boolean } {
  return {
    isComplete,
    isHungUp: false,
    hangUp() {
      this.isHungUp = true;
    },
  };
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
    for (const request of [first, arrived, complete]) {
      arrivals.add(request);
    }
    arrivals.delete(arrived);
    vi.advanceTimersByTime(600);
    arrivals.add(late);
    arrivals.add(first); // waited for already
    vi.advanceTimersByTime(500);
    expect([first, arrived, complete, late].map(({ isHungUp }) => isHungUp)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    vi.advanceTimersByTime(600);
    expect(late.isHungUp).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});
