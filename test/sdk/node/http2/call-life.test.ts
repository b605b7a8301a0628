import { getEventListeners } from "node:events";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, onTestFinished, test, vi } from "vitest";
import { CallLife } from "../../../../sdk/src/node/http2/call-life.ts";

function useFakeTimers(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

test("its signal aborts with the caller's, for the caller's reason", () => {
  const caller = new AbortController();
  const life = new CallLife({ signal: caller.signal });
  caller.abort(new Error("enough"));
  expect(life.signal.reason).toBe(caller.signal.reason);
  expect(life.fail(new Error("what came of it"))).toMatchObject({
    code: Code.Canceled,
    rawMessage: "enough",
  });
});

test("its signal is aborted from the beginning when the caller's is", () => {
  expect(new CallLife({ signal: AbortSignal.abort() }).signal.aborted).toBe(true);
});

test("its signal aborts with the deadline", () => {
  useFakeTimers();
  const life = new CallLife({ timeoutMs: 50 });
  vi.advanceTimersByTime(49);
  expect(life.signal.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(life.fail(new Error())).toMatchObject({
    code: Code.DeadlineExceeded,
    rawMessage: "the operation timed out",
  });
});

test("a deadline of more than 24 days is none that Node could keep", () => {
  useFakeTimers();
  const life = new CallLife({ timeoutMs: 2 ** 31 });
  vi.advanceTimersByTime(10_000);
  expect(life.signal.aborted).toBe(false);
});

test("its signal aborts with the answer, and then nothing is left behind", () => {
  useFakeTimers();
  const caller = new AbortController();
  const life = new CallLife({ signal: caller.signal, timeoutMs: 50 });
  life.finish();
  expect(life.signal.reason).toMatchObject({ name: "AbortError" });
  expect(vi.getTimerCount()).toBe(0);
  caller.abort();
  expect(life.signal.reason).not.toBe(caller.signal.reason);
});

test("its signal aborts with the error that the caller gets", () => {
  const life = new CallLife({});
  const error = life.fail(new Error("broken"));
  expect(error).toMatchObject({ code: Code.Unknown, rawMessage: "broken" });
  expect(life.signal.reason).toBe(error);
  const given = new ConnectError("no", Code.NotFound);
  expect(new CallLife({}).fail(given)).toBe(given);
});

test("what a call is rejected with is an error of Connect's, and what it throws at once stays as it is", async () => {
  const caller = new AbortController();
  const broken = new Error("broken");
  const rejecting = new CallLife({ signal: caller.signal });
  await expect(rejecting.run(() => Promise.reject(broken))).rejects.toMatchObject({ code: Code.Unknown });
  const throwing = new CallLife({ signal: caller.signal });
  const throwAtOnce = () => {
    throw broken;
  };
  expect(() => throwing.run(throwAtOnce)).toThrow(broken);
  expect([rejecting.state, throwing.state]).toEqual(["failed", "failed"]);
  expect(getEventListeners(caller.signal, "abort")).toEqual([]);
});
