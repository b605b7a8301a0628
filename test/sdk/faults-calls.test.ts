import { Code, ConnectError } from "@connectrpc/connect";
import { isSessionError } from "@countersign/sdk";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createKit, DEMO, pass, settle, until } from "./kit.ts";

const LIFETIME_MS = 600_000;
const STALE_MS = 500_000;
const CONCURRENT_CALLS = 200;

/** The machine is shared: of five turns the shortest says how long it takes when nothing else is in the way. */
async function shortest(turn: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let turns = 0; turns < 5; turns += 1) times.push(await turn());
  return Math.min(...times);
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
  expect(ConnectError.from(error).rawMessage).toBe("not signed in");
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
  const tookMs = await shortest(async () => {
    const controller = new AbortController();
    const call = notes.getNote({ id: "1" }, { signal: controller.signal });
    await until(() => kit.server.counts().refreshes === 1);
    const abortedMs = performance.now();
    controller.abort();
    const error = await call.catch((cause: unknown) => cause);
    expect(ConnectError.from(error).code).toBe(Code.Canceled);
    return performance.now() - abortedMs;
  });
  expect(tookMs).toBeLessThan(5);
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
  const tookMs = await shortest(async () => {
    const startedMs = performance.now();
    const error = await notes.getNote({ id: "1" }, { timeoutMs: 100 }).catch((cause: unknown) => cause);
    expect(ConnectError.from(error).code).toBe(Code.DeadlineExceeded);
    return performance.now() - startedMs;
  });
  expect(tookMs).toBeGreaterThan(80);
  expect(tookMs).toBeLessThanOrEqual(120);
  gate.resolve();
  await until(() => session.getSnapshot().generation === 2);
});

test.each(["connect", "grpc-web"] as const)(
  "row 25: over %s the server sees what is left of a deadline of 3 s after a refresh of 1 s",
  async (protocol) => {
    let timeoutMs: number | undefined;
    await using kit = await createKit({
      notes: {
        getNote({ id }, context) {
          timeoutMs = context.timeoutMs();
          return { id };
        },
      },
    });
    const { session, notesOver } = kit.tab();
    await session.signIn(DEMO);
    kit.clock.advance(LIFETIME_MS);
    kit.server.onRefresh(() => kit.clock.advance(1_000));
    await notesOver(protocol).getNote({ id: "1" }, { timeoutMs: 3_000 });
    expect(timeoutMs).toBeGreaterThan(1_900);
    expect(timeoutMs).toBeLessThanOrEqual(2_000);
  },
);

test("does not send a call that has less than 50 ms left after the refresh", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => kit.clock.advance(2_970));
  const error = await notes.getNote({ id: "1" }, { timeoutMs: 3_000 }).catch((cause: unknown) => cause);
  expect(isSessionError(error, "DEADLINE_TOO_CLOSE")).toBe(true);
  expect(kit.calls()).toBe(0);
});

test("row 26: a refusal that a refresh cannot fix costs one refresh and one retry, then no storm", async () => {
  await using kit = await createKit({
    notes: {
      getNote() {
        throw createRefusal("TOKEN_INVALID");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("TOKEN_INVALID");
  expect(kit.calls()).toBe(2);
  for (let call = 0; call < 20; call += 1) {
    await expect(notes.getNote({ id: "1" })).rejects.toThrow("TOKEN_INVALID");
  }
  expect(kit.calls()).toBe(22);
  expect(kit.server.counts().refreshes).toBe(1);
  expect(session.getSnapshot().status).toBe("signed_in");
});

test("row 27: a late refusal of the previous token makes a retry and no refresh", async () => {
  const gate = Promise.withResolvers<void>();
  let handled = 0;
  await using kit = await createKit({
    notes: {
      async getNote({ id }) {
        handled += 1;
        if (handled > 1) return { id };
        await gate.promise;
        throw createRefusal("TOKEN_EXPIRED");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const late = notes.getNote({ id: "late" });
  await until(() => handled === 1);
  kit.clock.advance(LIFETIME_MS);
  await session.token();
  expect(kit.server.counts().refreshes).toBe(1);
  gate.resolve();
  expect((await late).id).toBe("late");
  expect(kit.tokensSeen).toEqual(["access-1", "access-2"]);
  expect(kit.server.counts().refreshes).toBe(1);
});

test("row 28: after the keys were replaced, 200 calls in flight make one refresh and succeed", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.server.distrust();
  const calls = Array.from({ length: CONCURRENT_CALLS }, (_, index) => notes.getNote({ id: `${index}` }));
  await Promise.all(calls);
  expect(kit.server.counts().refreshes).toBe(1);
  expect(kit.tokensSeen.filter((token) => token === "access-2")).toHaveLength(CONCURRENT_CALLS);
});

test("PermissionDenied never refreshes", async () => {
  await using kit = await createKit({
    notes: {
      getNote() {
        throw createRefusal("INSUFFICIENT_SCOPE");
      },
    },
  });
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("INSUFFICIENT_SCOPE");
  expect(kit.calls()).toBe(1);
  expect(kit.server.counts().refreshes).toBe(0);
});

test("row 12: with an expired token and no auth server, calls fail fast and recover alone", async () => {
  await using kit = await createKit();
  const { session, notes, events } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  const first = await pass(kit.clock, notes.getNote({ id: "1" }));
  expect(first.status === "rejected" && isSessionError(first.reason, "REFRESH_UNAVAILABLE")).toBe(true);
  expect(kit.server.counts().refreshes).toBe(3);
  const tookMs = await shortest(async () => {
    const startedMs = performance.now();
    const error = await notes.getNote({ id: "2" }).catch((cause: unknown) => cause);
    expect(ConnectError.from(error).code).toBe(Code.Unavailable);
    expect(isSessionError(error) && error.retryAfterMs).toBeGreaterThan(0);
    return performance.now() - startedMs;
  });
  expect(tookMs).toBeLessThan(5);
  expect(kit.server.counts().refreshes).toBe(3);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  kit.server.onRefresh();
  kit.clock.advance(5_000);
  expect((await notes.getNote({ id: "3" })).id).toBe("3");
  expect(session.getSnapshot()).toMatchObject({ degraded: false, generation: 2 });
  await settle();
  expect(events.map(({ type }) => type)).toEqual(["signed_in", "degraded", "refreshed", "recovered"]);
});

test("row 11: with a token that is still good and no auth server, no call notices", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  kit.clock.advance(STALE_MS);
  for (let second = 0; second < 95; second += 1) {
    await notes.getNote({ id: "1" });
    await settle();
    kit.clock.advance(1_000);
  }
  expect(kit.calls()).toBe(95);
  expect(session.getSnapshot().status).toBe("signed_in");
  expect(kit.server.counts().refreshes).toBeLessThanOrEqual(9);
});
