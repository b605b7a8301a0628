import { expect, test } from "vitest";
import { LazySignal } from "../../../server/gate/src/kernel/lazy-signal.ts";

test("a signal that is read before its end or behind it aborts with the reason, the first one", () => {
  const read = new LazySignal();
  const { signal } = read;
  const unread = new LazySignal();
  for (const lazy of [read, unread]) {
    expect([lazy.aborted, lazy.reason]).toEqual([false, undefined]);
    lazy.abort("over");
    lazy.abort("late");
    expect([lazy.aborted, lazy.reason, lazy.signal.aborted, lazy.signal.reason]).toEqual([
      ...[true, "over"],
      ...[true, "over"],
    ]);
  }
  expect(read.signal).toBe(signal);
});

test("the reason of a signal that was aborted without one is the platform's", () => {
  const lazy = new LazySignal();
  lazy.abort(undefined);
  expect(lazy.reason).toBeInstanceOf(DOMException);
  expect(lazy.reason).toBe(lazy.signal.reason);
});

test("listeners are called once, those that were removed or come too late never", () => {
  const lazy = new LazySignal();
  const called: string[] = [];
  const removed = (): void => void called.push("removed");
  lazy.addEventListener("abort", removed);
  lazy.addEventListener("abort", () => called.push("first"));
  lazy.addEventListener("abort", () => called.push("second"));
  lazy.removeEventListener("abort", removed);
  lazy.abort("over");
  lazy.abort("over");
  lazy.addEventListener("abort", () => called.push("late"));
  expect(called).toEqual(["first", "second"]);
});
