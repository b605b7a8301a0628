import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { CallSignal } from "../../../server/node/src/call/call-signal.ts";
import type { HttpExchange } from "../../../server/node/src/exchange/http-exchange.ts";

/** A caller who can leave. */
function createCaller() {
  const caller = {
    isGone: false,
    listeners: [] as ((reason: unknown) => void)[],
    onClose: (listener: (reason: unknown) => void) => void caller.listeners.push(listener),
    leave(reason: unknown) {
      caller.isGone = true;
      for (const listener of caller.listeners) {
        listener(reason);
      }
    },
  };
  return { caller, exchange: caller as unknown as HttpExchange }; // all that is asked of one here
}

describe("the signal of a call", () => {
  it("listens to nobody until somebody asks for it", () => {
    const { caller, exchange } = createCaller();
    const call = new CallSignal(exchange, 1000, undefined);
    expect(call.aborted).toBe(false);
    expect(caller.listeners).toHaveLength(0);
    expect(call.signal.aborted).toBe(false);
    expect(caller.listeners).toHaveLength(1);
    expect(call.signal).toBe(call.signal);
    call.abort();
  });

  it("says why it was aborted, also to those who ask afterwards", () => {
    const call = new CallSignal(createCaller().exchange, undefined, undefined);
    call.abort("the first reason");
    call.abort("another");
    expect(call.aborted).toBe(true);
    expect(call.signal.reason).toBe("the first reason");
  });

  it("is aborted by a caller who leaves, whether it is there or not", () => {
    for (const isThere of [true, false]) {
      const { caller, exchange } = createCaller();
      const call = new CallSignal(exchange, undefined, undefined);
      if (isThere) {
        expect(call.signal.aborted).toBe(false);
      }
      caller.leave("gone");
      expect(call.aborted).toBe(true);
      if (isThere) {
        expect(call.reason).toBe("gone");
      }
    }
  });

  it("is aborted by the end of the server", () => {
    const shutdown = new AbortController();
    const call = new CallSignal(createCaller().exchange, undefined, shutdown.signal);
    const { signal } = call;
    shutdown.abort("the end");
    expect([call.aborted, signal.aborted, signal.reason]).toEqual([true, true, "the end"]);
  });

  it("notifies a listener of what aborts it, without a signal", () => {
    for (const who of ["client", "server", "call"] as const) {
      const shutdown = new AbortController();
      const { caller, exchange } = createCaller();
      const call = new CallSignal(exchange, undefined, shutdown.signal);
      const reasons: unknown[] = [];
      call.addEventListener("abort", () => reasons.push(call.reason));
      ({
        client: () => caller.leave("over"),
        server: () => shutdown.abort("over"),
        call: () => call.abort("over"),
      })[who]();
      expect([reasons, call.aborted, call.reason]).toEqual([["over"], true, "over"]);
    }
  });

  it.each([0, 1])("notifies a listener when a client that waits %d ms waits no longer", async (timeoutMs) => {
    const call = new CallSignal(createCaller().exchange, timeoutMs, undefined);
    await new Promise<void>((resolve) => call.addEventListener("abort", resolve));
    expect(call.reason).toMatchObject({ code: Code.DeadlineExceeded });
  });

  it("knows how much time is left", () => {
    expect(new CallSignal(createCaller().exchange, undefined, undefined).remainingMs).toBeUndefined();
    const call = new CallSignal(createCaller().exchange, 60_000, undefined);
    expect(call.remainingMs).toBeGreaterThan(50_000);
    expect(call.remainingMs).toBeLessThanOrEqual(60_000);
    expect(new CallSignal(createCaller().exchange, 0, undefined).aborted).toBe(true);
  });

  it.each([4999.123, 1.5, 0.001])("tells whole milliseconds of a timeout of %d ms", (timeoutMs) => {
    const call = new CallSignal(createCaller().exchange, timeoutMs, undefined);
    expect(Number.isInteger(call.remainingMs)).toBe(true);
    expect(call.remainingMs).toBeLessThanOrEqual(timeoutMs);
  });
});
