import { calculateJwkThumbprint, type JWK, jwtVerify } from "jose";
import { expect, it } from "vitest";
import { createKeyRing } from "../../../server/issuer/src/keys/key-ring.ts";
import { mintAccessToken } from "../../../server/issuer/src/sessions/mint.ts";
import { recordAccessLife } from "../../../server/issuer/src/store/access-lives.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { oneKey } from "../../support/one-key.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";

const DAY_MS = 86_400_000;
const ACCESS_TTL_MS = 600_000;
/** Access token + 5 s tolerance + 10 min key set + two readings of 5 s. */
const RETIRED_MS = ACCESS_TTL_MS + 5_000 + 600_000 + 10_000;

function createRing(store: Store, clock: WallClock, secret = new Uint8Array(32).fill(1)) {
  const events: string[] = [];
  const audit = { record: ({ type }: { readonly type: string }) => void events.push(type) };
  const ring = createKeyRing({ store, secret, clock, audit, times: { accessTtlMs: ACCESS_TTL_MS } });
  return { ...ring, events, [Symbol.dispose]: () => ring.close() };
}

async function startRing(...[store, clock, secret]: Parameters<typeof createRing>) {
  const ring = createRing(store, clock, secret);
  await ring.start();
  // A test reads the store when it says so.
  ring.close();
  return ring;
}

async function states(ring: Awaited<ReturnType<typeof startRing>>): Promise<readonly string[]> {
  return (await ring.list()).map(({ state }) => state);
}

describeStores("a key ring", (open) => {
  it("makes one key that signs and one that is next, named by their thumbprints", async () => {
    await using store = await open();
    const ring = await startRing(store, createWallClock());
    expect((await states(ring)).toSorted()).toEqual(["active", "next"]);
    for (const jwk of ring.publicJwks()) {
      expect(jwk).toMatchObject({ kid: await calculateJwkThumbprint(jwk as JWK), alg: "ES256", use: "sig" });
      expect(Object.keys(jwk).toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
    expect(ring.events).toEqual(["key_activated"]);
  });

  it("is the same for servers that start at the same time, and for one that starts again", async () => {
    await using store = await open();
    const clock = createWallClock();
    const rings = await Promise.all([1, 2, 3, 4].map(() => startRing(store, clock)));
    const later = await startRing(store, clock);
    expect(new Set([...rings, later].map((ring) => ring.signingKey().kid)).size).toBe(1);
    expect(await later.list()).toHaveLength(2);
  });

  it("signs what its own key source verifies, without a promise", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing(store, clock);
    const { token } = mintAccessToken(
      {
        issuer: "i",
        accessTtlMs: ACCESS_TTL_MS,
        key: ring.signingKey(),
        nowMs: clock.nowMs(),
      },
      {
        ...{ subject: "s", clientId: "c", sessionId: "x", scopes: [], roles: [], audience: ["a"] },
        authTimeMs: clock.nowMs(),
      },
    );
    const found = ring.keySource.find(ring.signingKey().kid, "ES256");
    expect(found).not.toBeInstanceOf(Promise);
    const key = await oneKey(found);
    expect(ring.keySource.isTrusted(key)).toBe(true);
    await expect(jwtVerify(token, key.key, { currentDate: new Date(clock.nowMs()) })).resolves.toBeDefined();
    expect(ring.keySource.find(ring.signingKey().kid, "RS256")).toBeUndefined();
    expect(ring.keySource.find(undefined, "ES256")).toBeUndefined();
  });

  it("rotates only once verifiers had a day to learn of the next key, unless it is forced", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing(store, clock);
    const first = ring.signingKey().kid;
    clock.advance(DAY_MS - 1);
    await expect(ring.rotate()).rejects.toThrow(
      "the next key is known to all verifiers only from 2026-06-02T12:00:00.000Z",
    );
    expect(ring.signingKey().kid).toBe(first);
    clock.advance(1);
    const second = await ring.rotate();
    expect(ring.signingKey().kid).toBe(second);
    expect(second).not.toBe(first);
    const third = await ring.rotate({ force: true });
    expect(new Set([first, second, third]).size).toBe(3);
    expect((await states(ring)).toSorted()).toEqual(["active", "next", "retired", "retired"]);
  });

  it("goes on trusting a retired key for as long as its tokens last, then forgets it", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing(store, clock);
    const { kid } = ring.signingKey();
    const key = await oneKey(ring.keySource.find(kid, "ES256"));
    await ring.rotate({ force: true });
    expect(ring.keySource.find(kid, "ES256")).toBe(key);
    clock.advance(RETIRED_MS);
    await ring.start();
    expect(ring.keySource.find(kid, "ES256")).toBe(key);
    clock.advance(1);
    await ring.start();
    ring.close();
    expect(await ring.keySource.find(kid, "ES256")).toBeUndefined();
    expect(ring.keySource.isTrusted(key)).toBe(false);
    const removed = (await ring.list()).find((record) => record.kid === kid);
    expect(removed).toMatchObject({ state: "removed", privateSealed: undefined });
    expect(ring.publicJwks().map((jwk) => jwk.kid)).not.toContain(kid);
    expect(ring.events).toEqual(["key_activated", "key_activated", "key_removed"]);
  });

  it("goes on trusting a retired key for as long as the tokens of any server on the store last", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing(store, clock);
    const { kid } = ring.signingKey();
    await ring.rotate({ force: true });
    const longerMs = 3_600_000;
    await recordAccessLife(store, { lifeMs: ACCESS_TTL_MS + longerMs, nowMs: clock.nowMs() });
    clock.advance(RETIRED_MS + longerMs);
    await ring.start();
    expect(await ring.keySource.find(kid, "ES256")).toBeDefined();
    clock.advance(1);
    await ring.start();
    ring.close();
    expect(await ring.keySource.find(kid, "ES256")).toBeUndefined();
  });

  it("rotates by itself after 30 days, on one of several servers", async () => {
    await using store = await open();
    const clock = createWallClock();
    const rings = [
      await startRing(store, clock),
      await startRing(store, clock),
      await startRing(store, clock),
    ];
    const before = rings.map((ring) => ring.signingKey().kid);
    clock.advance(30 * DAY_MS);
    await Promise.all(rings.map((ring) => ring.start()));
    // Those that left it to the first one may have read the keys before it was done.
    await Promise.all(rings.map((ring) => ring.reload()));
    for (const ring of rings) {
      ring.close();
    }
    const after = new Set(rings.map((ring) => ring.signingKey().kid));
    expect(after.size).toBe(1);
    expect(before).not.toContain([...after][0]);
    expect(rings.flatMap((ring) => ring.events)).toEqual(["key_activated", "key_activated"]);
  });

  it("asks the store for a key that another server brought in, but not at a stranger's pace", async () => {
    await using store = await open();
    const clock = createWallClock();
    const [mine, other] = [await startRing(store, clock), await startRing(store, clock)];
    await other.rotate({ force: true });
    await other.rotate({ force: true });
    const { kid } = other.signingKey();
    expect(mine.keySource.find(kid, "ES256")).toBeUndefined();
    clock.advance(1_000);
    expect(mine.keySource.find("no thumbprint", "ES256")).toBeUndefined();
    expect(await mine.keySource.find(kid, "ES256")).toMatchObject({ kid });
    expect(mine.keySource.find("A".repeat(43), "ES256")).toBeUndefined();
  });

  it("replaces a key that somebody else may have, whatever it was used for", async () => {
    for (const state of ["active", "next", "retired"] as const) {
      await using store = await open();
      const clock = createWallClock();
      const [ring, other] = [await startRing(store, clock), await startRing(store, clock)];
      await ring.rotate({ force: true });
      await other.reload();
      const before = await ring.list();
      const { kid } = before.find((record) => record.state === state) ?? { kid: "" };
      const heir = before.find((record) => record.state === (state === "active" ? "next" : "active"));
      expect(other.publicJwks().map((jwk) => jwk.kid)).toContain(kid);
      expect(await ring.compromise(kid)).toBe(heir?.kid);
      const after = await ring.list();
      expect(after.find((record) => record.kid === kid)).toMatchObject({
        state: "removed",
        privateSealed: undefined,
      });
      expect(after.filter((record) => record.state === "active")).toHaveLength(1);
      expect(after.filter((record) => record.state === "next")).toHaveLength(1);
      expect(ring.keySource.find(kid, "ES256")).toBeUndefined();
      await other.reload();
      expect(other.signingKey().kid).toBe(heir?.kid);
      expect(other.publicJwks().map((jwk) => jwk.kid)).not.toContain(kid);
      const revocations = await store.db.selectFrom("revocations").select(["dimension", "value"]).execute();
      expect(revocations).toEqual([{ dimension: "kid", value: kid }]);
      await expect(ring.compromise(kid)).rejects.toThrow("there is no such key");
    }
  });

  it("comes out right when it is rotated and robbed at the same time", async () => {
    await using store = await open();
    const clock = createWallClock();
    const rings = [await startRing(store, clock), await startRing(store, clock)] as const;
    for (let round = 0; round < 10; round += 1) {
      const { kid } = rings[0].signingKey();
      await Promise.allSettled([rings[0].compromise(kid), rings[1].rotate({ force: true })]);
      await Promise.all(rings.map((ring) => ring.reload()));
      expect((await states(rings[0])).filter((state) => state === "active" || state === "next")).toHaveLength(
        2,
      );
      expect(rings[0].signingKey().kid).toBe(rings[1].signingKey().kid);
      expect(rings[0].signingKey().kid).not.toBe(kid);
    }
  });

  it("does not start with another secret", async () => {
    await using store = await open();
    const clock = createWallClock();
    await startRing(store, clock);
    await expect(startRing(store, clock, new Uint8Array(32))).rejects.toThrow(
      "the secret file is not the one",
    );
  });

  it("has no key before it starts", async () => {
    await using store = await open();
    const ring = createRing(store, createWallClock());
    expect(() => ring.signingKey()).toThrow("the signing keys are not loaded yet");
  });
});
