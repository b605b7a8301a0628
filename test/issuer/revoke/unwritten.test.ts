import { randomBytes } from "node:crypto";
import type { KyselyPlugin } from "kysely";
import { describe, expect, it, vi } from "vitest";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createSealedMessages } from "../../../server/issuer/src/renewal/sealed-messages.ts";
import { NO_HISTORY, type RevocationHistory } from "../../../server/issuer/src/revoke/revocation-history.ts";
import { createFedRevocations, createRevocations } from "../../../server/issuer/src/revoke/revocations.ts";
import type { RevocationsOptions } from "../../../server/issuer/src/revoke/revocations-options.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { createSessions } from "../../../server/issuer/src/sessions/sessions.ts";
import { openDatabase, type Store } from "../../../server/issuer/src/store/database.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { startPostgres } from "../../support/postgres.ts";
import { describeStores, openTestSqlite } from "../../support/stores.ts";
import { createTestBus } from "../../support/test-bus.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";
import { startTestIssuer, TEST_AUDIENCE, TEST_ISSUER } from "../../support/test-issuer.ts";
import { fillUp } from "../store/unwritable.ts";
import { begin } from "./started.ts";

const UNWRITTEN = {
  reason: "AUTH_UNAVAILABLE",
  message:
    "what was revoked is refused from now on, but could not be written down yet: " +
    "it is lost if the servers end before it can",
};
const SECRET = new Uint8Array(32).fill(7);

const start = (store: Store, clock: WallClock, more: Partial<RevocationsOptions> = {}) =>
  begin(
    createRevocations({
      ...{ store, clock, pollMs: 5, accessTtlMs: 600_000, issuer: TEST_ISSUER, staleAfterMs: Infinity },
      ...more,
    }),
  );

/** An issuer on a store, whose sessions end by way of these revocations. */
async function startIssuer(store: Store) {
  const issuer = await startTestIssuer(store);
  const { clock, keyRing, secret } = issuer;
  const revocations = await start(store, clock);
  const audit = { record: vi.fn<(event: { readonly type: string }) => void>() };
  const sessions = createSessions({
    ...{ store, keyRing, secret, clock, audit, issuer: TEST_ISSUER, audience: TEST_AUDIENCE, revocations },
  });
  const newSession = () =>
    sessions.begin({ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
  const close = async () => {
    await revocations.close();
    issuer[Symbol.dispose]();
  };
  return { ...issuer, revocations, sessions, newSession, audit, [Symbol.asyncDispose]: close };
}

describeStores("what is revoked while nothing can be written", (open) => {
  it("is refused at once, which the caller is told, and written once that is possible", async () => {
    await using store = await open();
    await using server = await start(store, createWallClock());
    await using other = await start(store, createWallClock());
    const told: boolean[] = [];
    server.onRevoked((batch) => told.push(batch.matches(tokenOf({ issuer: "https://b.test" }))));
    const free = await fillUp(store);
    const order = { sid: "session", issuer: "https://b.test" };
    await expect(server.revoke(order)).rejects.toMatchObject(UNWRITTEN);
    await expect(server.revoke(order)).rejects.toMatchObject(UNWRITTEN);
    const seen = (issuer: string) => [server, other].map((one) => one.isRevoked(tokenOf({ issuer })));
    expect([...seen("https://b.test"), ...seen("https://a.test")]).toEqual([true, false, false, false]);
    expect([server.unwritten, told]).toEqual([1, [true]]);
    await free();
    await eventually(() => (server.unwritten === 0 ? true : undefined));
    await eventually(() => (seen("https://b.test").includes(false) ? undefined : true));
    const rows = await store.db.selectFrom("revocations").select(["value", "issuer"]).execute();
    expect(rows).toEqual([{ value: "session", issuer: "https://b.test" }]);
  });

  it("is the end of a session: its tokens are refused, it is not refreshed, and its row says so later", async () => {
    await using store = await open();
    await using issuer = await startIssuer(store);
    const { sessions, revocations, audit } = issuer;
    const { sessionId, refreshToken } = await issuer.newSession();
    const going = await issuer.newSession();
    const free = await fillUp(store);
    const end = () => sessions.end({ where: { sessionId }, reason: "signed_out" });
    await expect(end()).rejects.toMatchObject(UNWRITTEN);
    await expect(end()).rejects.toMatchObject(UNWRITTEN);
    expect(audit.record.mock.calls.filter(([{ type }]) => type === "sign_out")).toHaveLength(1);
    const token = tokenOf({ sessionId, issuer: TEST_ISSUER });
    expect([revocations.isRevoked(token), revocations.endReasonOf(sessionId)]).toEqual([true, "signed_out"]);
    await expect(sessions.refresh({ refreshToken, refreshId: "a" })).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
    });
    expect(await sessions.find(sessionId)).toMatchObject({ revokedAtMs: undefined });
    await free();
    await eventually(() => (revocations.unwritten === 0 ? true : undefined));
    expect(await sessions.find(sessionId)).toMatchObject({
      ...{ revokedAtMs: issuer.clock.nowMs(), revokeReason: "signed_out" },
    });
    expect(await end()).toEqual([]);
    await using late = await start(store, issuer.clock);
    expect(late.isRevoked(token)).toBe(true);
    await expect(sessions.refresh({ refreshToken, refreshId: "a" })).rejects.toMatchObject({
      reason: "SESSION_REVOKED",
    });
    await sessions.refresh({ refreshToken: going.refreshToken, refreshId: "a" });
  });
});

it("a session ends whose refresh token two parties had, though that cannot be written", async () => {
  await using postgres = await startPostgres();
  await using store = await openDatabase({ postgres: await postgres.createDatabase() });
  await using issuer = await startIssuer(store);
  const { sessions, audit } = issuer;
  const { refreshToken } = await issuer.newSession();
  const next = await sessions.refresh({ refreshToken, refreshId: "a" });
  const last = await sessions.refresh({ refreshToken: next.refreshToken, refreshId: "b" });
  await fillUp(store);
  const reuse = { reason: "SESSION_REVOKED", metadata: { cause: "reuse_detected" } };
  for (const token of [refreshToken, last.refreshToken]) {
    await expect(sessions.refresh({ refreshToken: token, refreshId: "c" })).rejects.toMatchObject(reuse);
  }
  expect(audit.record.mock.calls.filter(([{ type }]) => type === "refresh_reuse")).toHaveLength(1);
});

describe("a session whose own token is shown", () => {
  it("ends also while the store cannot be read, and no other one does", async () => {
    const store = await openTestSqlite();
    await using issuer = await startIssuer(store);
    const { sessionId } = await issuer.newSession();
    const { subject } = issuer.account;
    await store.close();
    const where = { sessionId, subject };
    const { sessions, revocations } = issuer;
    await expect(sessions.end({ where, reason: "revoked_by_user" })).rejects.toThrow();
    expect(revocations.endReasonOf(sessionId)).toBeUndefined();
    await expect(sessions.end({ where, reason: "signed_out", isProven: true })).rejects.toMatchObject(
      UNWRITTEN,
    );
    expect(revocations.endReasonOf(sessionId)).toBe("signed_out");
  });
});

describe("servers on one bus", () => {
  it("act on what one of them cannot write, unless somebody else says it", async () => {
    const bus = createTestBus();
    await using base = await openTestSqlite();
    const store = { ...base, bus };
    const clock = createWallClock();
    const join = (secret: Uint8Array) =>
      start(store, clock, { sealer: createSealedMessages({ secret, clock }) });
    await using here = await join(SECRET);
    await using there = await join(SECRET);
    await using stranger = await join(new Uint8Array(32).fill(8));
    const free = await fillUp(base);
    await expect(here.revoke({ sid: "session" })).rejects.toMatchObject(UNWRITTEN);
    expect([here, there].map((one) => [one.isRevoked(tokenOf()), one.unwritten])).toEqual([
      [true, 1],
      [true, 1],
    ]);
    // Too large for a message, but not for the others.
    await expect(here.revoke({ jti: randomBytes(6_144).toString("base64url") })).rejects.toMatchObject(
      UNWRITTEN,
    );
    await expect(stranger.revoke({ kid: "key" })).rejects.toMatchObject(UNWRITTEN);
    expect([here.unwritten, there.unwritten, stranger.unwritten]).toEqual([2, 1, 1]);
    for (const { channel, message } of [...bus.published]) {
      if (channel.includes("unwritten")) {
        await bus.publish(channel, message);
      }
    }
    expect([here.unwritten, there.unwritten]).toEqual([2, 1]);
    await free();
    await eventually(() => ([here, there].some((one) => one.unwritten > 0) ? undefined : true));
    // The one that was ordered to has written it, and nobody else.
    const rows = await store.db
      .selectFrom("revocations")
      .select("value")
      .where("dimension", "=", "sid")
      .execute();
    expect(rows).toEqual([{ value: "session" }]);
  });

  it("act on what one of them has written, where the store fails before they read it", async () => {
    const bus = createTestBus();
    await using base = await openTestSqlite();
    let isCut = false;
    const plugin: KyselyPlugin = {
      transformQuery({ node }) {
        if (isCut && node.kind === "SelectQueryNode" && JSON.stringify(node.from).includes("revocations")) {
          throw new AuthError("AUTH_UNAVAILABLE", "the store is away");
        }
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    const store = { ...base, bus, db: base.db.withPlugin(plugin) };
    const clock = createWallClock();
    const handedOn: string[] = [];
    const history: RevocationHistory = {
      ...NO_HISTORY,
      addUnwritten: (records) => void handedOn.push(...records.map(({ value }) => value)),
    };
    const sealer = createSealedMessages({ secret: SECRET, clock });
    const options = { ...{ store, clock, sealer }, pollMs: 5, issuer: TEST_ISSUER, staleAfterMs: Infinity };
    await using here = await begin(createFedRevocations(options, history));
    await using there = await start(store, clock, {
      sealer: createSealedMessages({ secret: SECRET, clock }),
    });
    isCut = true;
    await here.revoke({ sid: "session" });
    await eventually(() => there.isRevoked(tokenOf()) || undefined);
    expect(handedOn).toEqual(["session"]);
    isCut = false;
    await eventually(() => here.unwritten + there.unwritten === 0 || undefined);
  });

  it("are told again while it cannot be written: one may not have listened", async () => {
    const bus = createTestBus();
    bus.isDown = true;
    await using base = await openTestSqlite();
    const store = { ...base, bus };
    const clock = createWallClock();
    const join = () => start(store, clock, { sealer: createSealedMessages({ secret: SECRET, clock }) });
    await using here = await join();
    await using there = await join();
    await fillUp(base);
    await expect(here.revoke({ sid: "session" })).rejects.toMatchObject(UNWRITTEN);
    expect(there.unwritten).toBe(0);
    bus.isDown = false;
    clock.advance(5_000);
    await eventually(() => (there.isRevoked(tokenOf()) ? true : undefined));
  });

  it("write it all the same when the bus throws instead of rejecting, as one in JavaScript can", async () => {
    const publish = (): never => {
      throw new Error("the bus is closed");
    };
    await using base = await openTestSqlite();
    const store = { ...base, bus: { ...createTestBus(), publish } };
    const clock = createWallClock();
    const sealer = createSealedMessages({ secret: SECRET, clock });
    await using server = await start(store, clock, { sealer });
    const free = await fillUp(base);
    await expect(server.revoke({ sid: "session" })).rejects.toMatchObject(UNWRITTEN);
    clock.advance(5_000);
    await expect(server.revoke({ sid: "another" })).rejects.toMatchObject(UNWRITTEN);
    await free();
    await eventually(() => (server.unwritten === 0 ? true : undefined));
  });
});
