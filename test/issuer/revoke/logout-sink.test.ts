import { expect, it } from "vitest";
import type { LogoutEvent } from "../../../server/gate/src/logouts/logout-sink.ts";
import { createLogoutSink } from "../../../server/issuer/src/revoke/logout-sink.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";
import { fillUp } from "../store/unwritable.ts";
import { startRevocations } from "./started.ts";

const DAY_MS = 86_400_000;
const ISSUER = "https://idp.example";

const clock = createWallClock();

const logout = (key: string, more: Partial<LogoutEvent["revocations"][number]> = {}): LogoutEvent => ({
  key,
  expiresAtMs: clock.nowMs() + 120_000,
  revocations: [
    {
      issuer: ISSUER,
      dimension: "sid",
      value: key,
      beforeMs: undefined,
      maxLifeMs: 30 * DAY_MS,
      reason: "logged_out",
      ...more,
    },
  ],
});

/** A server on the store that takes logouts. */
async function startServer(store: Store, at: WallClock = clock) {
  const revocations = await startRevocations(store, at, { staleAfterMs: Infinity });
  const sink = createLogoutSink({ store, clock: at, revocations });
  const isRevoked = (sessionId: string, issuer = ISSUER) =>
    revocations.isRevoked(tokenOf({ issuer, sessionId }));
  return { revocations, sink, isRevoked, [Symbol.asyncDispose]: () => revocations.close() };
}

describeStores("the logouts of another provider", (open) => {
  const rowsOf = (store: Store) => store.db.selectFrom("revocations").selectAll().execute();

  it("act at once here and soon on other servers, on tokens of that provider, for as long as these last", async () => {
    await using store = await open();
    await using server = await startServer(store);
    await using other = await startServer(store);
    expect(await server.sink.take(logout("a"))).toBe("taken");
    expect([server.isRevoked("a"), server.isRevoked("a", "https://other.example")]).toEqual([true, false]);
    await eventually(() => (other.isRevoked("a") ? true : undefined));
    expect(await rowsOf(store)).toMatchObject([
      { issuer: ISSUER, dimension: "sid", value: "a", issued_before: null, reason: "logged_out" },
    ]);
    expect((await rowsOf(store))[0]?.expires_at).toBeGreaterThanOrEqual(clock.nowMs() + 30 * DAY_MS);
  });

  it("have no second effect when they come again, at whichever server, also at once", async () => {
    await using store = await open();
    await using server = await startServer(store);
    await using other = await startServer(store);
    const sinks = [server, other, server, other].map(({ sink }) => sink);
    const answers = await Promise.all(sinks.map((sink) => sink.take(logout("b"))));
    expect(answers.toSorted()).toEqual(["repeated", "repeated", "repeated", "taken"]);
    expect(await rowsOf(store)).toHaveLength(1);
    expect(await other.sink.take(logout("c"))).toBe("taken");
  });

  it("act although they cannot be written, and are taken when the provider sends them again", async () => {
    await using store = await open();
    await using server = await startServer(store);
    const free = await fillUp(store);
    await expect(server.sink.take(logout("d"))).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(server.isRevoked("d")).toBe(true);
    await free();
    expect(await server.sink.take(logout("d"))).toBe("taken");
    expect(await server.sink.take(logout("d"))).toBe("repeated");
  });
});
