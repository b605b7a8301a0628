import { expect, test, vi } from "vitest";
import { isolateSink } from "../../../server/gate/src/kernel/isolate-sink.ts";

const FAILURE = new Error("the log is full");
const SINKS: Readonly<Record<string, (...args: readonly unknown[]) => unknown>> = {
  throws: () => {
    throw FAILURE;
  },
  rejects: () => Promise.reject(FAILURE),
};

for (const [fails, sink] of Object.entries(SINKS)) {
  test(`an error that onError ${fails} with is printed beside the one that it was given`, async () => {
    const print = vi.spyOn(console, "error").mockReturnValue();
    isolateSink(sink)("the first error", "where");
    await new Promise(setImmediate);
    expect(print.mock.calls).toEqual([["countersign: onError failed", FAILURE, "the first error", "where"]]);
    print.mockRestore();
  });
}

test("a sink that works gets what it is given", () => {
  const sink = vi.fn();
  isolateSink(sink)("error", "what");
  expect(sink.mock.calls).toEqual([["error", "what"]]);
});
