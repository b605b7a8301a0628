import { Code } from "@connectrpc/connect";
import { createMemoryStore, isSessionError, type Session, type SessionStore } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, pass, settle } from "../kit.ts";

/** A store that can be told to answer nothing to either of its questions. */
function createSilentStore() {
  const inner = createMemoryStore();
  const silent = new Set<"read" | "compareAndSet">();
  const answer = <T>(question: "read" | "compareAndSet", run: () => Promise<T>): Promise<T> =>
    silent.has(question) ? new Promise(() => undefined) : run();
  const store: SessionStore = {
    read: () => answer("read", inner.read),
    compareAndSet: (expected, next) => answer("compareAndSet", () => inner.compareAndSet(expected, next)),
  };
  return { store, inner, silent };
}

/** Settles when nothing is wrong with a session any more. */
function recovery(session: Session): Promise<unknown> {
  return new Promise((resolve) => session.on(({ type }) => type === "recovered" && resolve(type)));
}

test("a store that is silent from the start signs nobody out: calls fail for the time being, and go on when it answers", async () => {
  const { store, silent } = createSilentStore();
  await using kit = await createKit({ store });
  await kit.tab().session.signIn(DEMO);
  silent.add("read");
  const { session, notes, events } = kit.tab();
  await pass(kit.clock, session.ready);
  expect(session.getSnapshot()).toMatchObject({ status: "loading", degraded: true });
  const calls: readonly (() => Promise<unknown>)[] = [
    () => session.token(),
    () => session.refresh(),
    () => notes.getNote({ id: "1" }),
  ];
  for (const call of calls) {
    const ended = await pass(kit.clock, call());
    const reason = ended.status === "rejected" ? ended.reason : undefined;
    expect(isSessionError(reason, "REFRESH_UNAVAILABLE")).toBe(true);
    expect(reason).toMatchObject({ code: Code.Unavailable, retryAfterMs: 5_000 });
  }
  kit.clock.advance(600_000);
  await settle();
  expect(session.getSnapshot()).toMatchObject({ status: "loading", degraded: true });
  silent.clear();
  await pass(kit.clock, recovery(session));
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: false });
  expect((await notes.getNote({ id: "1" })).id).toBe("1");
  expect(events.map(({ type }) => type)).toEqual(["degraded", "recovered", "refreshed"]);
});

test("whoever is signed out is so when a store that was silent says it", async () => {
  const { store, silent } = createSilentStore();
  silent.add("read");
  await using kit = await createKit({ store });
  const { session } = kit.tab();
  await pass(kit.clock, session.ready);
  silent.clear();
  await pass(kit.clock, recovery(session));
  expect(session.getSnapshot()).toMatchObject({ status: "signed_out", degraded: false });
  await expect(session.token()).rejects.toMatchObject({ reason: "SIGNED_OUT" });
});

test("a sign-out does not claim to have ended what a silent store may hold", async () => {
  const { store, inner, silent } = createSilentStore();
  await using kit = await createKit({ store });
  await kit.tab().session.signIn(DEMO);
  silent.add("read");
  const { session } = kit.tab();
  const ended = await pass(kit.clock, session.signOut());
  expect(ended).toMatchObject({
    status: "fulfilled",
    value: { revoked: false, error: { code: Code.Unavailable } },
  });
  expect(await inner.read()).toMatchObject({ kind: "signed_in" });
});

for (const question of ["read", "compareAndSet"] as const) {
  test(`a session goes on from memory while its store is silent about ${question}, and is written down after it`, async () => {
    const { store, inner, silent } = createSilentStore();
    await using kit = await createKit({ store });
    const { session, notes, events } = kit.tab();
    await session.signIn(DEMO);
    silent.add(question);
    for (let lives = 0; lives < 3; lives += 1) {
      kit.clock.advance(600_000);
      expect(await pass(kit.clock, notes.getNote({ id: "1" }))).toMatchObject({ status: "fulfilled" });
      expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
    }
    expect(await inner.read()).toMatchObject({ kind: "signed_in", generation: 1 });
    silent.clear();
    await pass(kit.clock, recovery(session));
    expect(await inner.read()).toMatchObject({ kind: "signed_in", generation: 4 });
    expect(events.map(({ type }) => type)).not.toContain("signed_out");
  });

  test(`a sign-in goes on in memory while the store is silent about ${question}, and is written down after it`, async () => {
    const { store, inner, silent } = createSilentStore();
    silent.add(question);
    await using kit = await createKit({ store });
    const { session, notes } = kit.tab();
    await pass(kit.clock, session.ready);
    expect(await pass(kit.clock, session.signIn(DEMO))).toMatchObject({ status: "fulfilled" });
    expect(await pass(kit.clock, notes.getNote({ id: "1" }))).toMatchObject({ status: "fulfilled" });
    expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
    silent.clear();
    await pass(kit.clock, recovery(session));
    expect(await inner.read()).toMatchObject({ kind: "signed_in" });
  });
}

test("a store that fails with an error does not keep its user from signing in", async () => {
  const failing = async () => {
    throw new Error("the browser keeps nothing in private windows");
  };
  const store: SessionStore = { read: failing, compareAndSet: failing };
  await using kit = await createKit({ store });
  const { session } = kit.tab();
  await session.ready;
  expect(session.getSnapshot()).toMatchObject({ status: "signed_out", degraded: true });
  await session.signIn(DEMO);
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
});

test("tabs whose store is silent refresh under one name: none ends the session of the others", async () => {
  const { store, silent } = createSilentStore();
  await using kit = await createKit({ store });
  const [first, second] = [kit.tab(), kit.tab()];
  await first.session.signIn(DEMO);
  await second.session.token();
  silent.add("read");
  kit.clock.advance(600_000);
  for (const { notes } of [first, second]) {
    expect(await pass(kit.clock, notes.getNote({ id: "1" }))).toMatchObject({ status: "fulfilled" });
  }
  expect(kit.server.counts().rotations).toBe(1);
  silent.clear();
  await pass(kit.clock, Promise.all([recovery(first.session), recovery(second.session)]));
  for (const { session } of [first, second, kit.tab()]) {
    await session.ready;
    expect(session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2 });
  }
});

test("a page that is loaded again after a refresh that a silent store did not keep has its session", async () => {
  const { store, silent } = createSilentStore();
  await using kit = await createKit({ store });
  const { session } = kit.tab();
  await session.signIn(DEMO);
  silent.add("read");
  kit.clock.advance(600_000);
  expect(await pass(kit.clock, session.token())).toMatchObject({ status: "fulfilled" });
  session.dispose();
  silent.clear();
  const reloaded = kit.tab();
  expect(await pass(kit.clock, reloaded.notes.getNote({ id: "1" }))).toMatchObject({ status: "fulfilled" });
  expect(reloaded.session.getSnapshot()).toMatchObject({ status: "signed_in", generation: 2 });
  expect(kit.server.counts().rotations).toBe(1);
});
