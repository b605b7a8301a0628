import { Code, ConnectError } from "@connectrpc/connect";
import { isSessionError } from "@countersign/sdk";
import type { PeerMessage, Peers } from "@countersign/sdk/store";
import { createRefusal } from "@countersign/sdk/testing";
import { expect, test } from "vitest";
import { createKit, DEMO, LIFETIME_MS, pass, settle } from "./kit.ts";

test("while refreshing fails, every tab is degraded, and every tab recovers", async () => {
  await using kit = await createKit();
  const [first, second] = [kit.tab(), kit.tab()];
  await first.session.signIn(DEMO);
  await second.session.ready;
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  await pass(kit.clock, first.session.token());
  await expect(second.session.token()).rejects.toMatchObject({ reason: "REFRESH_UNAVAILABLE" });
  await settle();
  for (const { session, events } of [first, second]) {
    expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: true });
    expect(events.filter(({ type }) => type === "degraded")).toHaveLength(1);
  }
  const late = kit.tab();
  await late.session.ready;
  expect(late.session.getSnapshot().degraded).toBe(true);
  kit.server.onRefresh();
  kit.clock.advance(5_000);
  await second.session.token();
  await first.session.token();
  await settle();
  for (const { session, events } of [first, second]) {
    expect(session.getSnapshot().degraded).toBe(false);
    expect(events.map(({ type }) => type).slice(-2)).toEqual(["refreshed", "recovered"]);
  }
});

test("who is signed out while refreshing fails is no longer degraded, and has not recovered", async () => {
  await using kit = await createKit();
  const { session, events } = kit.tab();
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw new ConnectError("down", Code.Unavailable);
  });
  await pass(kit.clock, session.token());
  await session.signOut();
  await settle();
  expect(session.getSnapshot()).toMatchObject({ status: "signed_out", degraded: false });
  expect(events.map(({ type }) => type)).toEqual(["signed_in", "degraded", "signed_out"]);
});

/** Stands for the browser, which tells a tab of its events. */
function createBrowser(): {
  readonly peers: Peers;
  readonly tell: (type: PeerMessage["type"] | "online") => void;
} {
  let listen: ((event: { readonly type: string }) => void) | undefined;
  const peers: Peers = {
    exclusively: (run) => run(),
    publish: () => undefined,
    subscribe(listener) {
      listen = listener;
      return () => undefined;
    },
  };
  return { peers, tell: (type) => listen?.({ type }) };
}

test("row 22: when the network is back, calls are made at once, however often refreshing failed without it", async () => {
  await using kit = await createKit();
  const { peers, tell } = createBrowser();
  const { session, notes } = kit.tab({ peers });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw new ConnectError("offline", Code.Unavailable);
  });
  for (let minute = 0; minute < 10; minute += 1) {
    await pass(kit.clock, notes.getNote({ id: "1" }));
    kit.clock.advance(60_000);
  }
  await pass(kit.clock, notes.getNote({ id: "1" }));
  kit.server.onRefresh();
  await expect(notes.getNote({ id: "2" })).rejects.toMatchObject({ reason: "REFRESH_UNAVAILABLE" });
  tell("online");
  expect(await notes.getNote({ id: "3" })).toMatchObject({ id: "3" });
});

test("row 14: a time that the server asked for is waited out, even if the network was gone meanwhile", async () => {
  await using kit = await createKit();
  const { peers, tell } = createBrowser();
  const { session } = kit.tab({ peers });
  await session.signIn(DEMO);
  kit.clock.advance(LIFETIME_MS);
  kit.server.onRefresh(() => {
    throw createRefusal("RATE_LIMITED", { retryAfterMs: 30_000 });
  });
  await expect(session.token()).rejects.toThrow();
  tell("online");
  const error = await session.token().catch((cause: unknown) => cause);
  expect(isSessionError(error) && error.retryAfterMs).toBe(30_000);
  expect(kit.server.counts().refreshes).toBe(1);
});
