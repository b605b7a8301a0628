import { sql } from "kysely";
import { expect, it } from "vitest";
import { createRevocationFeed } from "../../../server/issuer/src/revoke/revocation-feed.ts";
import { NO_HISTORY } from "../../../server/issuer/src/revoke/revocation-history.ts";
import type { RevocationBatch } from "../../../server/issuer/src/revoke/revocations.ts";
import { createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import type { RevocationsOptions } from "../../../server/issuer/src/revoke/revocations-options.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { recordAccessLife } from "../../../server/issuer/src/store/access-lives.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { insertRevocations } from "../../../server/issuer/src/store/revocations.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";
import { ACCESS_TTL_MS, begin, MARGIN_MS, startRevocations as start } from "./started.ts";

const HOUR_MS = 3_600_000;
const KEEP_MS = ACCESS_TTL_MS + MARGIN_MS;

/** Time passes at once in these tests, faster than the store is read. */
const STALE = { staleAfterMs: Infinity } as const;

describeStores("revocations of several servers", (open) => {
  it("are loaded at the start, each session's once it has ended, but not those of long ago", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    await recordAccessLife(store, { lifeMs: ACCESS_TTL_MS, nowMs: issuer.clock.nowMs() });
    const begin = () =>
      issuer.sessions.begin({ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [old, recent, live] = [await begin(), await begin(), await begin()];
    const end = ({ sessionId }: { readonly sessionId: string }) =>
      issuer.sessions.end({ where: { sessionId }, reason: "revoked_by_operator" });
    await end(old);
    issuer.clock.advance(KEEP_MS + 1);
    await end(recent);
    await using revocations = await start(store, issuer.clock);
    const isRevoked = ({ sessionId }: { readonly sessionId: string }) =>
      revocations.isRevoked(tokenOf({ sessionId }));
    expect([old, recent, live].map(isRevoked)).toEqual([false, true, false]);
    const { promise: told, resolve } = Promise.withResolvers<RevocationBatch>();
    revocations.onRevoked(resolve);
    await end(live);
    expect((await told).records).toMatchObject([{ value: live.sessionId, reason: "revoked_by_operator" }]);
    expect(isRevoked(live)).toBe(true);
  });

  it("hold as long as the longest life of a token that any server has granted, whatever this one grants", async () => {
    await using store = await open();
    const clock = createWallClock();
    await using long = await start(store, clock, { accessTtlMs: HOUR_MS, ...STALE });
    await using short = await start(store, clock, { accessTtlMs: 60_000, ...STALE });
    const every = () => [long, short].map(({ isRevoked }) => isRevoked(tokenOf()));
    await short.revoke({ sid: "session" });
    await eventually(() => (every().includes(false) ? undefined : true));
    clock.advance(HOUR_MS + MARGIN_MS - 1);
    // A new entry, so that each looks for what it can forget.
    await short.revoke({ sid: "another" });
    await eventually(() => (long.isRevoked(tokenOf({ sessionId: "another" })) ? true : undefined));
    expect(every()).toEqual([true, true]);
    // One that starts now loads it, too.
    await using late = await start(store, clock, { accessTtlMs: 1_000 });
    expect(late.isRevoked(tokenOf())).toBe(true);
    clock.advance(1);
    await short.revoke({ sid: "third" });
    expect(short.isRevoked(tokenOf())).toBe(false);
    expect(short.size).toBe(2);
  });

  it("hold for what a server granted before it was set to less, and no longer than that", async () => {
    await using store = await open();
    const clock = createWallClock();
    await (await start(store, clock, { accessTtlMs: HOUR_MS }))[Symbol.asyncDispose]();
    await using server = await start(store, clock, { accessTtlMs: 60_000 });
    const expiryOf = async (sid: string) => {
      await server.revoke({ sid });
      const row = store.db.selectFrom("revocations").select("expires_at").where("value", "=", sid);
      return ((await row.executeTakeFirstOrThrow()).expires_at ?? 0) - clock.nowMs();
    };
    expect(await expiryOf("a")).toBe(HOUR_MS + MARGIN_MS);
    clock.advance(24 * HOUR_MS);
    expect(await expiryOf("b")).toBe(HOUR_MS + MARGIN_MS);
    clock.advance(HOUR_MS);
    // It has told the store again meanwhile, as it does every hour.
    await recordAccessLife(store, { lifeMs: 60_000, nowMs: clock.nowMs() });
    expect(await expiryOf("c")).toBe(60_000 + MARGIN_MS);
  });

  it("hold for a day where no server says how long tokens last, and longer when they are for tokens yet to come", async () => {
    await using store = await open();
    const clock = createWallClock();
    await using reader = await begin(createRevocations({ store, clock }));
    await reader.revoke({ sub: "a", before: new Date(clock.nowMs() + HOUR_MS) });
    await using server = await start(store, clock, { accessTtlMs: 60_000, issuer: "https://a.test" });
    await server.revoke({ sub: "b", before: new Date(clock.nowMs() + HOUR_MS) });
    // The other issuer says nowhere how long its tokens last.
    await server.revoke({ sub: "c", issuer: "https://b.test" });
    await server.revoke({ jti: "d", issuer: "https://a.test" });
    const rows = await store.db.selectFrom("revocations").select("expires_at").orderBy("id").execute();
    expect(rows.map((row) => (row.expires_at ?? 0) - clock.nowMs() - MARGIN_MS)).toEqual([
      ...[25 * HOUR_MS, HOUR_MS + 60_000, 24 * HOUR_MS, 60_000],
    ]);
  });

  it("of a server of the version before hold for a day, and for every issuer", async () => {
    await using store = await open();
    const clock = createWallClock();
    const options = { accessTtlMs: 60_000, issuer: "https://a.test", ...STALE };
    await using server = await start(store, clock, options);
    await sql`insert into revocations (dimension, value, revoked_at, reason)
      values ('sid', 'session', ${clock.nowMs()}, 'revoked')`.execute(store.db);
    const every = () =>
      ["https://a.test", "https://b.test"].map((issuer) => server.isRevoked(tokenOf({ issuer })));
    await eventually(() => (every().includes(false) ? undefined : true));
    clock.advance(24 * HOUR_MS + MARGIN_MS - 1);
    await server.revoke({ jti: "x" });
    await using late = await start(store, clock, { accessTtlMs: 1_000 });
    expect([...every(), late.isRevoked(tokenOf())]).toEqual([true, true, true]);
    clock.advance(1);
    await server.revoke({ jti: "y" });
    expect(every()).toEqual([false, false]);
  });

  it("that a newer release has written cover every token where this one does not know what they go by", async () => {
    await using store = await open();
    const clock = createWallClock();
    await sql`insert into revocations (dimension, value, revoked_at, reason, issuer)
      values ('device', 'phone', ${clock.nowMs()}, 'revoked', 'https://a.test')`.execute(store.db);
    await using server = await start(store, clock, { issuer: "https://a.test", ...STALE });
    const [ours, other] = [tokenOf(), tokenOf({ issuer: "https://b.test" })];
    expect([server.isRevoked(ours), server.isRevoked(other)]).toEqual([true, false]);
  });

  it("are keyed by issuer: of a session of ours, another issuer's of the same name is no part", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const { sessionId } = await issuer.sessions.begin({
      ...{ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] },
    });
    await issuer.sessions.end({ where: { sessionId }, reason: "signed_out" });
    const seenBy = async (own: Partial<RevocationsOptions>) => {
      await using server = await start(store, issuer.clock, own);
      return ["https://a.test", "https://b.test"].map((name) =>
        server.isRevoked(tokenOf({ sessionId, issuer: name })),
      );
    };
    expect(await seenBy({ issuer: "https://a.test" })).toEqual([true, false]);
    // One whose own address has changed still knows what is its own; one that does not know its name refuses both.
    expect(await seenBy({ issuer: "https://b.test" })).toEqual([false, true]);
    expect(await seenBy({})).toEqual([true, true]);
  });

  it("are loaded in pages, and after an outage from the last one that was read", async () => {
    await using store = await open();
    const clock = createWallClock();
    const revoke = (from: number, count: number) =>
      insertRevocations(
        store,
        Array.from({ length: count }, (_, index) => ({
          ...{ dimension: "sid" as const, value: `s${from + index}`, beforeMs: undefined },
          ...{ revokedAtMs: clock.nowMs(), reason: "revoked" },
        })),
      );
    await revoke(0, 2_500);
    const learned: number[] = [];
    const listing = { fails: false };
    const watched: Store = {
      ...store,
      get db() {
        if (listing.fails) {
          throw new Error("the store is away");
        }
        return store.db;
      },
    };
    const feed = createRevocationFeed({
      ...{ store: watched, clock, pollMs: 5, onError: () => void learned.push(-1) },
      learn: (records) => void (records.length > 0 && learned.push(records.length)),
      observer: { begin: () => {}, restart: () => void learned.push(0), end: () => {} },
      history: NO_HISTORY,
    });
    await feed.start();
    expect(learned).toEqual([1_000, 1_000, 500]);
    listing.fails = true;
    await revoke(2_500, 1_200);
    await eventually(() => (learned.includes(-1) ? true : undefined));
    listing.fails = false;
    await eventually(() => (learned.length === 6 ? true : undefined));
    expect(learned).toEqual([1_000, 1_000, 500, -1, 1_000, 200]);
    // The store comes back as an older copy, and gives the same numbers again.
    await store.db.deleteFrom("revocations").where("id", ">", 3_000).execute();
    await sql`update revocations set value = 'of another life' where id = 3000`.execute(store.db);
    await eventually(() => (learned.length === 10 ? true : undefined));
    expect(learned.slice(6)).toEqual([0, 1_000, 1_000, 1_000]);
    await feed.close();
  });

  it("are all learned of, however many are written at the same time", async () => {
    await using store = await open();
    const clock = createWallClock();
    await using revocations = await start(store, clock);
    const { promise: allTold, resolve } = Promise.withResolvers<void>();
    revocations.onRevoked(() => void (revocations.size === 400 && resolve()));
    const one = (index: number) => ({
      ...{ dimension: "sid" as const, value: `s${index}`, beforeMs: undefined },
      ...{ revokedAtMs: clock.nowMs(), reason: "revoked" },
    });
    const writers = Array.from({ length: 20 }, (_, writer) =>
      insertRevocations(
        store,
        Array.from({ length: 20 }, (__, index) => one(writer * 20 + index)),
      ),
    );
    await Promise.all([...writers, allTold]);
    expect(revocations.isRevoked(tokenOf({ sessionId: "s0" }))).toBe(true);
    expect(revocations.isRevoked(tokenOf({ sessionId: "s399" }))).toBe(true);
  });
});
