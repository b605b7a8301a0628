import { Code, ConnectError, createClient, createRouterTransport, type Transport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createMemoryStore, type SessionStore } from "@countersign/sdk";
import { createFakeClock, createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createKit, DEMO, type Kit, LIFETIME_MS, pass, settle, until } from "./kit.ts";

/** A way to the server that loses answers to refreshes after they were processed. */
function lossy(kit: Kit, isLost: (answer: number) => boolean | Promise<boolean>): Transport {
  const inner = createRouterTransport(kit.server.routes);
  let answers = 0;
  return {
    ...inner,
    async unary(method, ...rest) {
      const response = await inner.unary(method, ...rest);
      if (method.name !== "Refresh") {
        return response;
      }
      answers += 1;
      if (await isLost(answers)) {
        throw new ConnectError("connection lost", Code.Unavailable);
      }
      return response;
    },
  };
}

test("row 5: a refresh whose answer was lost is repeated by the same name: one rotation", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab({ transport: lossy(kit, (answer) => answer < 3) });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  const call = await pass(kit.clock, notes.getNote({ id: "1" }));
  expect(call.status).toBe("fulfilled");
  expect(kit.server.counts()).toMatchObject({ refreshes: 3, rotations: 1 });
  expect(kit.tokensSeen).toEqual(["access-2"]);
});

test.each([
  { name: "after 1 min", afterMs: 60_000, token: "access-2", rotations: 1 },
  // The repeated answer is over by then: it carries the session to one more refresh.
  { name: "after 10 min", afterMs: 600_000, token: "access-3", rotations: 2 },
])("row 6: whoever starts again $name finds the intent of a killed process and repeats it", async (row) => {
  await using kit = await createKit();
  const store = createMemoryStore();
  await kit.tab({ store }).session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  // A killed process hears no answer, and its own timers never run.
  const clock = createFakeClock(kit.clock.nowMs());
  const killed = kit.tab({ store, clock, transport: lossy(kit, () => new Promise(() => undefined)) });
  void killed.session.token().catch(() => undefined);
  await until(() => kit.server.counts().rotations === 1);
  await settle();
  kit.clock.advance(row.afterMs);
  const { session, events } = kit.tab({ store });
  expect(await session.token()).toBe(row.token);
  expect(kit.server.counts().rotations).toBe(row.rotations);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: row.rotations + 1 });
  expect(events.some(({ type }) => type === "signed_out")).toBe(false);
});

test("row 8: when the store cannot write, the token works from memory and is written later", async () => {
  const inner = createMemoryStore();
  let isBroken = false;
  const store: SessionStore = {
    read: () => inner.read(),
    compareAndSet: (expected, next) =>
      isBroken ? Promise.reject(new Error("quota exceeded")) : inner.compareAndSet(expected, next),
  };
  await using kit = await createKit({ store });
  const { session, notes, events } = kit.tab();
  await session.signIn(DEMO);
  isBroken = true;
  kit.clock.advance(LIFETIME_MS);
  await notes.getNote({ id: "1" });
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2, degraded: true });
  expect((await inner.read())?.generation).toBe(1);
  isBroken = false;
  kit.clock.advance(5_000);
  await until(() => !session.getSnapshot().degraded);
  expect((await inner.read())?.generation).toBe(2);
  await settle();
  expect(events.map(({ type }) => type)).toEqual(["signed_in", "degraded", "refreshed", "recovered"]);
});

test("row 9: a stale tab that is refused with its old refresh token adopts what is stored", async () => {
  await using kit = await createKit();
  const store = createMemoryStore();
  const quick = kit.tab({ store });
  await quick.session.signIn(DEMO);
  const gate = Promise.withResolvers<void>();
  const inner = createRouterTransport(kit.server.routes);
  let isWaiting = false;
  const unary: Transport["unary"] = async (...call) => {
    isWaiting = true;
    await gate.promise;
    kit.server.onRefresh(() => {
      throw createRefusal("REFRESH_TOKEN_INVALID");
    });
    return inner.unary(...call);
  };
  const stale = kit.tab({ store, transport: { ...inner, unary } });
  await stale.session.ready;
  kit.clock.advance(LIFETIME_MS);
  const token = stale.session.token();
  await until(() => isWaiting);
  expect(await quick.session.token()).toBe("access-2");
  gate.resolve();
  expect(await token).toBe("access-2");
  await settle();
  expect(stale.events).toEqual([expect.objectContaining({ type: "refreshed", generation: 2 })]);
});

test("row 10: after a thief's replay of an older refresh token every tab is signed out for reuse", async () => {
  await using kit = await createKit();
  const tabs = [kit.tab(), kit.tab()];
  await tabs[0]?.session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  expect(await tabs[0]?.session.token()).toBe("access-2");
  await tabs[1]?.session.token();
  const thief = createClient(SessionService, createRouterTransport(kit.server.routes));
  await expect(thief.refresh({ refreshToken: "refresh-1", refreshId: "mine" })).rejects.toThrow(
    "SESSION_REVOKED",
  );
  const refreshes = kit.server.counts().refreshes;
  for (const { notes } of tabs) {
    await expect(notes.getNote({ id: "1" })).rejects.toThrow(/SESSION_REVOKED|signed out/);
  }
  await settle();
  for (const { events } of tabs) {
    expect(events.at(-1)).toEqual({ type: "signed_out", reason: "reuse_detected" });
  }
  expect(kit.server.counts().refreshes).toBe(refreshes + 1);
});

const TRANSIENT: readonly { readonly name: string; readonly error: () => ConnectError }[] = [
  { name: "503", error: () => new ConnectError("HTTP 503", Code.Unavailable) },
  { name: "429 with a time", error: () => createRefusal("RATE_LIMITED", { retryAfterMs: 30_000 }) },
  { name: "408", error: () => new ConnectError("HTTP 408", Code.DeadlineExceeded) },
  { name: "an HTML 400", error: () => new ConnectError("HTTP 400", Code.Internal) },
  { name: "an empty 200", error: () => new ConnectError("no access token", Code.Unknown) },
  { name: "a 401 of a proxy", error: () => new ConnectError("HTTP 401", Code.Unauthenticated) },
];

test.each(TRANSIENT)("rows 13–15: $name keeps the session", async ({ error }) => {
  await using kit = await createKit();
  const { session, events } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw error();
  });
  const result = await pass(kit.clock, session.token());
  expect(result.status).toBe("rejected");
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
  kit.server.onRefresh();
  kit.clock.advance(60_000);
  expect(await session.token()).toBe("access-2");
  expect(events.some(({ type }) => type === "signed_out")).toBe(false);
});

test("row 14: nobody asks again before the time that a 429 names, in any tab", async () => {
  await using kit = await createKit();
  const [one, two] = [kit.tab(), kit.tab()];
  await one.session.signIn(DEMO);
  await two.session.ready;
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw createRefusal("RATE_LIMITED", { retryAfterMs: 30_000 });
  });
  await expect(one.session.token()).rejects.toThrow("refresh unavailable");
  expect(kit.server.counts().refreshes).toBe(1);
  kit.clock.advance(29_000);
  for (const { session } of [one, two, kit.tab()]) {
    await expect(session.token()).rejects.toMatchObject({ retryAfterMs: 1_000 });
  }
  expect(kit.server.counts().refreshes).toBe(1);
  kit.server.onRefresh();
  kit.clock.advance(1_000);
  expect(await two.session.token()).toBe("access-2");
});

test("row 16: a revoked session makes one refresh request and one signed_out, and no storm", async () => {
  await using kit = await createKit();
  const store = createMemoryStore();
  const { session, notes, events } = kit.tab({ store });
  await session.signIn(DEMO);
  kit.server.revoke("revoked");
  const calls = Array.from({ length: 20 }, () => notes.getNote({ id: "1" }));
  for (const result of await Promise.allSettled(calls)) {
    expect(result.status === "rejected" && ConnectError.from(result.reason).code).toBe(Code.Unauthenticated);
  }
  await expect(notes.getNote({ id: "1" })).rejects.toThrow("signed out");
  await settle();
  expect(kit.server.counts().refreshes).toBe(1);
  expect(events).toEqual([{ type: "signed_in" }, { type: "signed_out", reason: "revoked" }]);
  expect(JSON.stringify(await store.read())).not.toMatch(/access|refresh|Token/);
});
