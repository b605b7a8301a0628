import { describe, expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/src/issue/session-options.ts";
import { createRevocations, type Revocation } from "../../../server/src/revoke/revocations.ts";
import type { Store } from "../../../server/src/store/database.ts";
import { describeStores, openTestSqlite } from "../../support/stores.ts";
import { createTestClock, type TestClock } from "../../support/test-clock.ts";
import { startTestIssuer } from "../../support/test-issuer.ts";

const ACCESS_TTL_MS = 600_000;
const KEEP_MS = ACCESS_TTL_MS + 300_000;

function create(store: Store, clock: TestClock, onError?: (error: unknown) => void) {
  const options = { store, clock, accessTtlMs: ACCESS_TTL_MS, pollMs: 5, ...(onError ? { onError } : {}) };
  const revocations = createRevocations(options);
  return Object.assign(revocations, { [Symbol.dispose]: () => revocations.close() });
}

const entry = (sessionId: string): Revocation => ({ sessionId, atMs: 1, reason: "signed_out" });

describe("revocations", () => {
  it("refuse a session from the moment that it is revoked, and tell each listener once", async () => {
    await using store = await openTestSqlite();
    const revocations = create(store, createTestClock());
    const told: Revocation[] = [];
    const stop = revocations.onRevoked((revocation) => told.push(revocation));
    expect(revocations.isRevoked({ sessionId: "a" })).toBe(false);
    revocations.revoke(entry("a"));
    revocations.revoke(entry("a"));
    expect(revocations.isRevoked({ sessionId: "a" })).toBe(true);
    expect(revocations.isRevoked({ sessionId: "b" })).toBe(false);
    expect(revocations.isRevoked({ sessionId: undefined })).toBe(false);
    stop();
    revocations.revoke(entry("b"));
    expect(told).toEqual([entry("a")]);
  });

  it("go on telling when a listener throws", async () => {
    await using store = await openTestSqlite();
    const errors: unknown[] = [];
    const revocations = create(store, createTestClock(), (error) => errors.push(error));
    const told: Revocation[] = [];
    revocations.onRevoked(() => {
      throw new Error("a listener's own");
    });
    revocations.onRevoked((revocation) => told.push(revocation));
    revocations.revoke(entry("a"));
    expect(told).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it("are forgotten when no token of the session can be valid any more", async () => {
    await using store = await openTestSqlite();
    const clock = createTestClock();
    const revocations = create(store, clock);
    revocations.revoke(entry("a"));
    clock.advance(KEEP_MS - 1);
    revocations.revoke(entry("b"));
    expect(revocations.size).toBe(2);
    clock.advance(1);
    revocations.revoke(entry("c"));
    expect(revocations.size).toBe(2);
    expect(revocations.isRevoked({ sessionId: "a" })).toBe(false);
  });

  it("are not served for longer than a minute without the store", async () => {
    const store = await openTestSqlite();
    const clock = createTestClock();
    const { promise: failed, resolve } = Promise.withResolvers<unknown>();
    using revocations = create(store, clock, resolve);
    await revocations.start();
    await store.close();
    await failed;
    clock.advance(60_000);
    expect(revocations.isRevoked({ sessionId: "a" })).toBe(false);
    clock.advance(1);
    expect(() => revocations.isRevoked({ sessionId: "a" })).toThrow("cannot be read just now");
  });
});

describeStores("revocations of several servers", (open) => {
  it("are loaded at the start and learned of while running", async () => {
    await using store = await open();
    using issuer = await startTestIssuer(store);
    const begin = () =>
      issuer.sessions.begin({ account: issuer.account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] });
    const [old, recent, live] = [await begin(), await begin(), await begin()];
    const end = ({ sessionId }: { readonly sessionId: string }) =>
      issuer.sessions.end({ where: { sessionId }, reason: "revoked_by_operator" });
    await end(old);
    issuer.clock.advance(KEEP_MS + 1);
    await end(recent);
    using revocations = create(store, issuer.clock);
    const { promise: told, resolve } = Promise.withResolvers<Revocation>();
    await revocations.start();
    expect([old, recent, live].map((session) => revocations.isRevoked(session))).toEqual([
      false,
      true,
      false,
    ]);
    revocations.onRevoked(resolve);
    await end(live);
    expect(await told).toMatchObject({ sessionId: live.sessionId, reason: "revoked_by_operator" });
    expect(revocations.isRevoked(live)).toBe(true);
  });
});
