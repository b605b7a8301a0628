import { Code, ConnectError } from "@connectrpc/connect";
import { type Clock, isSessionError } from "@countersign/sdk";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, pass, settle } from "./kit.ts";

const STALE_MS = 500_000;

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
  // The clock stands still: what fails now fails without a wait.
  const error = await notes.getNote({ id: "2" }).catch((cause: unknown) => cause);
  expect(ConnectError.from(error).code).toBe(Code.Unavailable);
  expect(isSessionError(error) && error.retryAfterMs).toBeGreaterThan(0);
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

test("while the auth server is left alone, a watched session does not look again and again", async () => {
  await using kit = await createKit({ lifetimeMs: 20_000 });
  let looks = 0;
  const clock: Clock = {
    nowMs: () => kit.clock.nowMs(),
    monotonicMs: () => kit.clock.monotonicMs(),
    schedule(run, delayMs, options) {
      // What is given so long is a request to the server or the store, not a look.
      if (options === undefined && delayMs !== 10_000) {
        looks += 1;
      }
      return kit.clock.schedule(run, delayMs, options);
    },
  };
  const { session } = kit.tab({ clock });
  await session.signIn(DEMO);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  session.subscribe(() => undefined);
  for (let second = 0; second < 14; second += 1) {
    kit.clock.advance(1_000);
    await settle();
  }
  expect(session.getSnapshot()).toMatchObject({ degraded: true });
  looks = 0;
  for (let step = 0; step < 20; step += 1) {
    kit.clock.advance(200);
    await settle();
  }
  expect(looks).toBeLessThanOrEqual(3);
});
