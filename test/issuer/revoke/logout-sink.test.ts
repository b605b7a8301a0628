import { sql } from "kysely";
import { expect, it } from "vitest";
import type { LogoutEvent } from "../../../server/gate/src/logouts/logout-sink.ts";
import { toFederatedSubject } from "../../../server/issuer/src/credentials/federated-identity.ts";
import { createLogoutSink } from "../../../server/issuer/src/revoke/logout-sink.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { ADVISORY_LOCKS, lockUntilCommit } from "../../../server/issuer/src/store/advisory-locks.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { tokenOf } from "../../gate/revoked/tokens.ts";
import { eventually } from "../../support/eventually.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";
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
  const events: unknown[] = [];
  const sink = createLogoutSink({
    ...{ store, clock: at, revocations, toOwnSubject: toFederatedSubject },
    audit: { record: (event) => void events.push(event) },
  });
  const isRevoked = (sessionId: string, issuer = ISSUER) =>
    revocations.isRevoked(tokenOf({ issuer, sessionId }));
  return { revocations, sink, events, isRevoked, [Symbol.asyncDispose]: () => revocations.close() };
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

  it("of one session end what was begun here from it, or from a token that named none, and no other session", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store, clock);
    await using server = await startServer(store);
    const begin = async (subject: string, session: string | undefined) =>
      (
        await issuer.sessions.beginExternal({
          holder: { subject: toFederatedSubject(ISSUER, subject), scopes: ["notes:read"], roles: [] },
          external: { issuer: ISSUER, subject, session },
          externalClaims: {},
          clientId: FIRST_PARTY_CLIENT_ID,
          scopes: ["notes:read"],
          refreshForMs: DAY_MS,
        })
      ).sessionId;
    const ofAda = [await begin("ada", "one"), await begin("ada", undefined), await begin("ada", "two")];
    const ofBob = await begin("bob", undefined);
    const ended = () => server.events.map((event) => (event as { readonly sessionId: string }).sessionId);
    await server.sink.take(logout("one"));
    expect(ended()).toEqual(ofAda.slice(0, 1));
    const [bySession] = logout("one").revocations;
    const [bySubject] = logout("x", {
      ...{ dimension: "sub", value: "ada", withoutSession: true, beforeMs: clock.nowMs() },
    }).revocations;
    const revocations = [bySession, bySubject].filter((one) => one !== undefined);
    await server.sink.take({ ...logout("again"), revocations });
    expect(ended()).toEqual(ofAda.slice(0, 2));
    const isRevoked = (sessionId: string) => server.revocations.isRevoked(tokenOf({ sessionId }));
    expect([...ofAda, ofBob].map(isRevoked)).toEqual([true, true, false, false]);
  });

  it("end a session that is stored while they are written, too", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store, clock);
    await using server = await startServer(store);
    if (store.dialect === "sqlite") {
      return; // it has one writer at a time
    }
    const waiting = sql<{ count: string }>`
      select count(*) from pg_locks where locktype = 'advisory' and objid = ${ADVISORY_LOCKS.revocations} and not granted`;
    const { session, taken } = await store.db.transaction().execute(async (trx) => {
      await lockUntilCommit(trx, store.dialect, "revocations");
      const logoutTaken = server.sink.take(logout("late"));
      // By now it has looked for sessions, and found none.
      await eventually(async () =>
        (await waiting.execute(store.db)).rows.some(({ count }) => Number(count) > 0) ? true : undefined,
      );
      const begun = await issuer.sessions.beginExternal({
        holder: { subject: toFederatedSubject(ISSUER, "ada"), scopes: ["notes:read"], roles: [] },
        external: { issuer: ISSUER, subject: "ada", session: "late" },
        ...{ externalClaims: {}, clientId: FIRST_PARTY_CLIENT_ID, scopes: ["notes:read"] },
        refreshForMs: DAY_MS,
      });
      return { session: begun, taken: [logoutTaken] };
    });
    expect(await Promise.all(taken)).toEqual(["taken"]);
    expect(server.events).toMatchObject([{ type: "session_revoked", sessionId: session.sessionId }]);
    expect(server.revocations.isRevoked(tokenOf({ sessionId: session.sessionId }))).toBe(true);
  });

  it("end what a subject has here in exchange for its tokens, when all that it has there ends, and no later session", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store, clock);
    await using server = await startServer(store);
    issuer.terms.set(ISSUER, { refreshForMs: DAY_MS, scopes: ["notes:read"], roles: [] });
    const begin = (subject: string) =>
      issuer.sessions.beginExternal({
        holder: { subject: toFederatedSubject(ISSUER, subject), scopes: ["notes:read"], roles: [] },
        external: { issuer: ISSUER, subject },
        externalClaims: {},
        clientId: FIRST_PARTY_CLIENT_ID,
        scopes: ["notes:read"],
        refreshForMs: DAY_MS,
      });
    const [ada, bob] = [await begin("ada"), await begin("bob")];
    const isRevoked = ({ sessionId }: { readonly sessionId: string }, sub: string, at = clock.nowMs()) =>
      server.revocations.isRevoked(
        tokenOf({ sessionId, subject: toFederatedSubject(ISSUER, sub), issuedAtSeconds: at / 1_000 }),
      );
    const end = (key: string) =>
      logout(key, { dimension: "sub", value: "ada", beforeMs: Math.floor(clock.nowMs() / 1_000) * 1_000 });
    expect(await server.sink.take(end("e"))).toBe("taken");
    expect([isRevoked(ada, "ada"), isRevoked(bob, "bob")]).toEqual([true, false]);
    expect(server.events).toMatchObject([
      { type: "session_revoked", sessionId: ada.sessionId, reason: "logged_out" },
    ]);
    clock.advance(10_000);
    const later = await begin("ada");
    expect(await server.sink.take(end("e"))).toBe("repeated");
    expect(isRevoked(later, "ada")).toBe(false);
  });
});
