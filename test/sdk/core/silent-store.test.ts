import { type Clock, createMemoryStore, createSession, type SessionStore } from "@countersign/sdk";
import type { Peers } from "@countersign/sdk/store";
import { createFakeClock } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createSharedEntry } from "../../../sdk/src/core/shared-entry.ts";
import { pass, settle } from "../kit.ts";

const grant = { accessToken: "access-1", lifetimeMs: 600_000, scopes: [] };
const source = {
  repeatable: true,
  refresh: async () => ({ ...grant, accessToken: "access-2" }),
  revoke: async () => undefined,
};

test("a store that leaves one question unanswered does not stop the session", async () => {
  const clock = createFakeClock();
  const inner = createMemoryStore();
  let isSilent = false;
  const store: SessionStore = {
    ...inner,
    read() {
      const isLost = isSilent;
      isSilent = false;
      return isLost ? new Promise(() => undefined) : inner.read();
    },
  };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock });
  await session.begin(async () => grant);
  isSilent = true;
  const ended = await pass(clock, session.signOut());
  expect(ended).toEqual({ status: "fulfilled", value: { revoked: true } });
  expect(session.getSnapshot().status).toBe("signed_out");
  session.dispose();
});

test("a store that cannot be read has not said that there is no session: a sign-out ends none", async () => {
  const clock = createFakeClock();
  const store: SessionStore = {
    ...createMemoryStore(),
    read: () => Promise.reject(new Error("its directory can be changed by others")),
  };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock });
  const ended = await pass(clock, session.signOut());
  expect(ended).toMatchObject({ status: "fulfilled", value: { revoked: false } });
  session.dispose();
});

test("a store that answers nothing any more is not waited for once for every wake-up", async () => {
  const clock = createFakeClock();
  const inner = createMemoryStore();
  let isSilent = false;
  const store: SessionStore = {
    ...inner,
    read: () => (isSilent ? new Promise(() => undefined) : inner.read()),
  };
  let tell: Parameters<Peers["subscribe"]>[0] | undefined;
  const peers: Peers = {
    exclusively: (run) => run(),
    publish: () => undefined,
    subscribe(listener) {
      tell = listener;
      return () => undefined;
    },
  };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock, peers });
  await session.begin(async () => grant);
  isSilent = true;
  clock.advance(600_000);
  const beganMs = clock.monotonicMs();
  for (const type of ["visibilitychange", "pageshow", "focus"]) {
    tell?.({ type });
  }
  const token = await pass(clock, session.token());
  expect(token).toEqual({ status: "fulfilled", value: "access-2" });
  expect(clock.monotonicMs() - beganMs).toBeLessThanOrEqual(30_000);
  session.dispose();
});

test("a timer that is early does not keep what memory holds from a store that works again", async () => {
  const clock = createFakeClock();
  const early: Clock = {
    ...clock,
    schedule: (run, delayMs) => clock.schedule(run, delayMs - 0.5),
  };
  const inner = createMemoryStore();
  let isFull = true;
  const store: SessionStore = {
    read: inner.read,
    async compareAndSet(expected, next) {
      if (isFull) {
        throw new Error("quota exceeded");
      }
      return inner.compareAndSet(expected, next);
    },
  };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock: early });
  await session.begin(async () => grant);
  isFull = false;
  clock.advance(4_999.5);
  await settle();
  expect(await inner.read()).toMatchObject({ kind: "signed_in" });
  session.dispose();
});

test("a store that fails after it was let go of is not tried again", async () => {
  const clock = createFakeClock();
  const reading = Promise.withResolvers<undefined>();
  const store: SessionStore = { read: () => reading.promise, compareAndSet: async () => true };
  const silent = () => undefined;
  const shared = createSharedEntry({
    store,
    clock,
    holder: { adopt: silent },
    peers: { publish: silent },
  });
  const change = shared.change();
  await settle();
  shared.close();
  reading.reject(new Error("closed"));
  await change;
  expect(clock.pending()).toBe(0);
});

test("a page that was suspended while it waited gives its store the time once more", async () => {
  const clock = createFakeClock();
  const timers: (() => void)[] = [];
  const late: Clock = {
    ...clock,
    schedule(run) {
      timers.push(run);
      return () => void timers.splice(timers.indexOf(run), 1);
    },
  };
  const reading = Promise.withResolvers<undefined>();
  const store: SessionStore = { read: () => reading.promise, compareAndSet: async () => true };
  const session = createSession({ baseUrl: "https://api.example", source, store, clock: late });
  clock.advance(3_600_000);
  timers.shift()?.();
  reading.resolve(undefined);
  await session.ready;
  expect(session.getSnapshot()).toMatchObject({ status: "signed_out", degraded: false });
  session.dispose();
});
