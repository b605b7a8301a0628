import { expect, test } from "vitest";
import { findLeaks, type Sample } from "./sample.ts";

const MIB = 2 ** 20;

function samples(change: (index: number) => Partial<Sample>): readonly Sample[] {
  return Array.from({ length: 12 }, (_, index) => ({
    calls: index * 10_000,
    heapBytes: (20 + (index % 3)) * MIB,
    residentBytes: 100 * MIB,
    sockets: 0,
    timers: 2,
    handles: 5,
    streams: 0,
    handlers: 0,
    warnings: [],
    ...change(index),
  }));
}

test("finds nothing where figures go up and down", () => {
  expect(findLeaks(samples(() => ({})))).toEqual([]);
});

const leaks: readonly (readonly [string, (index: number) => Partial<Sample>, string])[] = [
  [
    "a hundred bytes for each call",
    (at) => ({ heapBytes: 20 * MIB + at * 1_000_000 }),
    "the heap has grown by 8.6 MiB",
  ],
  ["a socket", (at) => ({ sockets: at > 5 ? 1 : 0 }), "there are 1 sockets more"],
  ["timers", (at) => ({ timers: at }), "there are 9 timers more"],
  ["streams", (at) => ({ streams: at }), "there are 9 streams more"],
  ["handlers", (at) => ({ handlers: at }), "there are 9 handlers more"],
  ["a warning", () => ({ warnings: ["MaxListenersExceededWarning: 11"] }), "MaxListenersExceededWarning: 11"],
];

test.each(leaks)("finds %s", (_, change, leak) => {
  expect(findLeaks(samples(change))).toContain(leak);
});
