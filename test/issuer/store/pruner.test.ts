import { sql } from "kysely";
import { expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { recordAccessLife } from "../../../server/issuer/src/store/access-lives.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { createPruner } from "../../../server/issuer/src/store/pruner.ts";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import type { WallClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const HOUR_MS = 3_600_000;
const MARGIN_MS = 5 * 60_000;
const IDLE_MS = 7 * 24 * HOUR_MS;

const prunerOf = (store: Store, clock: WallClock) => createPruner({ store, clock, pauseMs: 0 });

describeStores("a pruner", (open) => {
  it("removes sessions a day after they could last be refreshed, more than fit into one step", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, clock, sessions } = issuer;
    const begin = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const { sessionId } = await begin();
    const row = await store.db.selectFrom("sessions").selectAll().executeTakeFirstOrThrow();
    const copies = Array.from({ length: 600 }, (_, index) => ({ ...row, session_id: `copy ${index}` }));
    for (let at = 0; at < copies.length; at += 200) {
      await store.db
        .insertInto("sessions")
        .values(copies.slice(at, at + 200))
        .execute();
    }
    clock.advance(HOUR_MS);
    const later = await begin();
    clock.advance(IDLE_MS + 24 * HOUR_MS - HOUR_MS);
    expect(await prunerOf(store, clock).run()).toBe(0);
    expect(await sessions.find(sessionId)).toBeDefined();
    clock.advance(HOUR_MS);
    expect(await prunerOf(store, clock).run()).toBe(601);
    expect(await sessions.find(sessionId)).toBeUndefined();
    expect(await sessions.find(later.sessionId)).toBeDefined();
  });

  it("looks again at sessions that were refreshed, or begun by a server of before, when they can have expired", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { account, clock, sessions } = issuer;
    const begin = () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [refreshed, before] = [await begin(), await begin()];
    const left = async () => (await store.db.selectFrom("sessions").select("session_id").execute()).length;
    await store.db
      .updateTable("sessions")
      .set({ prune_at: 0 })
      .where("session_id", "=", before.sessionId)
      .execute();
    clock.advance(IDLE_MS - HOUR_MS);
    await sessions.refresh({ refreshToken: refreshed.refreshToken, refreshId: "once" });
    clock.advance(26 * HOUR_MS);
    expect([await prunerOf(store, clock).run(), await left()]).toEqual([1, 1]);
    clock.advance(IDLE_MS - 2 * HOUR_MS);
    expect([await prunerOf(store, clock).run(), await left()]).toEqual([0, 1]);
    clock.advance(2 * HOUR_MS);
    expect([await prunerOf(store, clock).run(), await left()]).toEqual([1, 0]);
  });

  it("removes revocations that no token can be of any more, each at its own time, and leaves the newest", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { clock } = issuer;
    const pruner = prunerOf(store, clock);
    const revoke = (value: string) =>
      insertRevocations(store, [
        { dimension: "jti", value, beforeMs: undefined, revokedAtMs: clock.nowMs(), reason: "revoked" },
      ]);
    const left = async () =>
      (await store.db.selectFrom("revocations").select("value").orderBy("id").execute()).map(
        (row) => row.value,
      );
    await revoke("a day");
    await recordAccessLife(store, { lifeMs: HOUR_MS, nowMs: clock.nowMs() });
    await revoke("an hour");
    // As a server of the version before writes it.
    await sql`insert into revocations (dimension, value, revoked_at, reason)
      values ('jti', 'unsaid', ${clock.nowMs()}, 'revoked')`.execute(store.db);
    clock.advance(HOUR_MS + MARGIN_MS);
    await pruner.run();
    expect(await left()).toEqual(["a day", "an hour", "unsaid"]);
    clock.advance(HOUR_MS);
    await pruner.run();
    expect(await left()).toEqual(["a day", "unsaid"]);
    clock.advance(22 * HOUR_MS);
    await pruner.run();
    expect(await left()).toEqual(["a day", "unsaid"]);
    clock.advance(1);
    await pruner.run();
    // It says how far the history goes.
    expect(await left()).toEqual(["unsaid"]);
    await revoke("newer");
    await pruner.run();
    expect(await left()).toEqual(["newer"]);
  });

  it("goes to work by itself soon after the start", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { clock } = issuer;
    const one = {
      ...{ dimension: "jti" as const, value: "old", beforeMs: undefined },
      ...{ revokedAtMs: clock.nowMs(), reason: "revoked" },
    };
    await insertRevocations(store, [one, { ...one, value: "newest" }]);
    clock.advance(26 * HOUR_MS);
    const pruner = createPruner({ store, clock, pauseMs: 0, everyMs: 60 });
    pruner.start();
    const left = () => store.db.selectFrom("revocations").select("value").execute();
    await eventually(async () => (await left()).length === 1 || undefined);
    expect(await left()).toEqual([{ value: "newest" }]);
    await pruner.close();
  });

  it("is one of several servers at a time", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const servers = [1, 2, 3, 4].map(() => prunerOf(store, issuer.clock));
    const runs = await Promise.all(servers.map((server) => server.run()));
    expect(runs.filter((removed) => removed !== undefined)).toEqual([0]);
  });
});
