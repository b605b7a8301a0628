import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, settle, until } from "./kit.ts";

const HOUR_MS = 3_600_000;

test.each([
  { jumpMs: 30_000, refreshes: 0 },
  { jumpMs: -30_000, refreshes: 0 },
  { jumpMs: 2 * HOUR_MS, refreshes: 1 },
  { jumpMs: -2 * HOUR_MS, refreshes: 0 },
])("rows 17–18: a clock set by $jumpMs ms while running costs $refreshes refreshes", async (row) => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.jump(row.jumpMs);
  for (let call = 0; call < 10; call += 1) {
    await notes.getNote({ id: "1" });
    await settle();
    kit.clock.advance(1_000);
  }
  expect(kit.server.counts().refreshes).toBe(row.refreshes);
  expect(session.getSnapshot().status).toBe("signed_in");
});

test("row 18: a clock that jumps during a refresh does not start a loop of refreshes", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => kit.clock.jump(2 * HOUR_MS));
  await session.token();
  for (let call = 0; call < 10; call += 1) {
    await session.token();
    await settle();
    kit.clock.advance(1_000);
  }
  expect(kit.server.counts().refreshes).toBe(1);
});

test("row 19: after a sleep of 2 h the first call refreshes once and nothing expired is sent", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.sleep(2 * HOUR_MS);
  await Promise.all([notes.getNote({ id: "1" }), notes.getNote({ id: "2" })]);
  expect(kit.tokensSeen).toEqual(["access-2", "access-2"]);
  expect(kit.server.counts().refreshes).toBe(1);
});

test("row 20: after a sleep longer than the session one refresh is refused, and no loop follows", async () => {
  await using kit = await createKit();
  const { session, events } = kit.tab();
  await session.signIn(DEMO);
  kit.server.revoke("expired");
  kit.clock.sleep(1_000 * HOUR_MS);
  for (let call = 0; call < 10; call += 1) {
    await expect(session.token()).rejects.toThrow("signed out");
  }
  await settle();
  expect(kit.server.counts().refreshes).toBe(1);
  expect(events.at(-1)).toEqual({ type: "signed_out", reason: "expired" });
});

test("rows 21–22: a tab whose timers stood still makes no failed call when it is back", async () => {
  await using kit = await createKit();
  const { session, notes } = kit.tab();
  await session.signIn(DEMO);
  const stop = session.subscribe(() => undefined);
  kit.clock.sleep(LIFETIME_MS);
  expect((await notes.getNote({ id: "1" })).id).toBe("1");
  expect(kit.tokensSeen).toEqual(["access-2"]);
  stop();
});

test("refreshes ahead of expiry while somebody watches, with one timer", async () => {
  await using kit = await createKit({ lifetimeMs: 2_000 });
  const { session, events } = kit.tab();
  await session.signIn(DEMO);
  expect(kit.clock.pending()).toBe(0);
  const stop = session.subscribe(() => undefined);
  for (let step = 0; step < 100; step += 1) {
    kit.clock.advance(100);
    await settle();
    expect(kit.clock.pending()).toBe(1);
  }
  const { generation } = session.getSnapshot();
  expect(generation).toBeGreaterThan(5);
  expect(generation).toBeLessThanOrEqual(15);
  expect(events.some(({ type }) => type === "degraded")).toBe(false);
  stop();
  kit.clock.advance(10_000);
  await settle();
  expect(session.getSnapshot().generation).toBe(generation);
  expect(kit.clock.pending()).toBe(0);
});

test("the snapshot is the same object until something changes", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  expect(session.getSnapshot()).toBe(session.getServerSnapshot());
  await session.ready;
  const signedOut = session.getSnapshot();
  expect(signedOut).toMatchObject({ status: "signed_out", generation: 0, scopes: [] });
  let changes = 0;
  session.subscribe(() => {
    changes += 1;
  });
  await session.signIn({ ...DEMO, scopes: ["notes:read"] });
  await until(() => changes > 0);
  const signedIn = session.getSnapshot();
  expect(signedIn).toMatchObject({ status: "signed_in", generation: 1, scopes: ["notes:read"] });
  await session.token();
  expect(session.getSnapshot()).toBe(signedIn);
  expect(Object.isFrozen(signedIn)).toBe(true);
});
