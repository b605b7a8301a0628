import { Code, ConnectError } from "@connectrpc/connect";
import { isSessionError } from "@countersign/sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { createKit, DEMO, LIFETIME_MS, settle, until } from "./kit.ts";

const STALE_MS = 500_000;
const CONCURRENT_CALLS = 200;

/** Connect has the deadlines of calls on timers of the process: let them pass when the test says so. */
function holdDeadlines(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

test("signs in, calls, refreshes after expiry and calls again", async () => {
  await using kit = await createKit();
  const { session, notes, events } = kit.tab();
  await session.signIn(DEMO);
  await notes.getNote({ id: "1" });
  kit.clock.advance(LIFETIME_MS);
  const note = await notes.getNote({ id: "2" });
  expect(note.id).toBe("2");
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2, refreshing: false });
  await settle();
  expect(events.map(({ type }) => type)).toEqual(["signed_in", "refreshed"]);
});

test("row 1: 200 concurrent calls with an expired token make one refresh and all succeed", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const calls = Array.from({ length: CONCURRENT_CALLS }, (_, index) => notes.getNote({ id: `${index}` }));
  const results = await Promise.all(calls);
  expect(results.map(({ id }) => id)).toEqual(calls.map((_, index) => `${index}`));
  expect(kit.server.counts()).toMatchObject({ refreshes: 1, rotations: 1 });
  expect(new Set(kit.tokensSeen)).toEqual(new Set(["access-2"]));
});

test("uses a stale token at once and refreshes behind it", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(STALE_MS);
  await notes.getNote({ id: "1" });
  expect(kit.tokensSeen).toEqual(["access-1"]);
  await until(() => session.getSnapshot().generation === 2);
  await notes.getNote({ id: "2" });
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
});

test("fails locally with Unauthenticated when nobody is signed in", async () => {
  await using kit = await createKit();
  const error = await kit
    .tab()
    .notes.getNote({ id: "1" })
    .catch((cause: unknown) => cause);
  expect(isSessionError(error, "SIGNED_OUT")).toBe(true);
  expect(ConnectError.from(error).code).toBe(Code.Unauthenticated);
  expect(ConnectError.from(error).rawMessage).toBe("signed out");
  expect(kit.calls()).toBe(0);
});

test("leaves a call alone that brings its own authorization", async () => {
  await using kit = await createKit();
  const { notes } = kit.tab();
  const headers = { authorization: "Bearer mine" };
  await expect(notes.getNote({ id: "1" }, { headers })).rejects.toThrow("TOKEN_INVALID");
  expect(kit.tokensSeen).toEqual(["mine"]);
  expect(kit.server.counts().refreshes).toBe(0);
});

test("row 23: a caller that aborts is let go at once, and the refresh completes", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  kit.clock.advance(LIFETIME_MS);
  const controller = new AbortController();
  const call = notes.getNote({ id: "1" }, { signal: controller.signal });
  await until(() => kit.server.counts().refreshes === 1);
  controller.abort();
  const error = await call.catch((cause: unknown) => cause);
  expect(ConnectError.from(error).code).toBe(Code.Canceled);
  // The refresh is still under way: the caller was not kept until its end.
  expect(session.getSnapshot()).toMatchObject({ generation: 1, refreshing: true });
  gate.resolve();
  await until(() => session.getSnapshot().generation === 2);
  expect(kit.calls()).toBe(0);
});

test("row 24: a deadline of 100 ms ends a call that waits for a refresh of 2 s", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  kit.clock.advance(LIFETIME_MS);
  holdDeadlines();
  let error: unknown;
  const call = notes.getNote({ id: "1" }, { timeoutMs: 100 }).catch((cause: unknown) => {
    error = cause;
  });
  await until(() => kit.server.counts().refreshes === 1);
  vi.advanceTimersByTime(99);
  await settle();
  expect(error).toBeUndefined();
  vi.advanceTimersByTime(1);
  await call;
  expect(ConnectError.from(error).code).toBe(Code.DeadlineExceeded);
  expect(session.getSnapshot()).toMatchObject({ generation: 1, refreshing: true });
  gate.resolve();
  await until(() => session.getSnapshot().generation === 2);
});

test.each([
  { protocol: "connect", header: "connect-timeout-ms", left: "2000" },
  { protocol: "grpc-web", header: "grpc-timeout", left: "2000m" },
] as const)(
  "row 25: over $protocol the server sees what is left of a deadline of 3 s after a refresh of 1 s",
  async ({ protocol, header, left }) => {
    let timeout: string | null = null;
    await using kit = await createKit({
      notes: {
        getNote({ id }, { requestHeader }) {
          timeout = requestHeader.get(header);
          return { id };
        },
      },
    });
    const { session, notesOver } = kit.tab();
    await session.signIn(DEMO);
    kit.clock.advance(LIFETIME_MS);
    holdDeadlines();
    kit.server.onRefresh(() => kit.clock.advance(1_000));
    await notesOver(protocol).getNote({ id: "1" }, { timeoutMs: 3_000 });
    expect(timeout).toBe(left);
  },
);

test("does not send a call that has less than 50 ms left after the refresh", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  holdDeadlines();
  kit.server.onRefresh(() => kit.clock.advance(2_970));
  const error = await notes.getNote({ id: "1" }, { timeoutMs: 3_000 }).catch((cause: unknown) => cause);
  expect(isSessionError(error, "DEADLINE_TOO_CLOSE")).toBe(true);
  expect(kit.calls()).toBe(0);
});
