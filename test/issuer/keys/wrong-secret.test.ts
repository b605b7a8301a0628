import { expect, it } from "vitest";
import { createKeyRing } from "../../../server/issuer/src/keys/key-ring.ts";
import { deriveKey } from "../../../server/issuer/src/keys/seal.ts";
import { generateSigningKey } from "../../../server/issuer/src/keys/signing-key.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { insertSigningKey, listSigningKeys } from "../../../server/issuer/src/store/signing-keys.ts";
import { describeStores } from "../../support/stores.ts";
import { createWallClock, type WallClock } from "../../support/test-clock.ts";

const DAY_MS = 86_400_000;
const RIGHT = new Uint8Array(32).fill(1);
const WRONG = new Uint8Array(32).fill(2);
const REFUSED = { name: "WrongSecretError" };

interface RingOptions {
  readonly store: Store;
  readonly clock: WallClock;
  readonly secret?: Uint8Array;
}

/** A ring that reads the store when the test says so. */
function createRing({ store, clock, secret = RIGHT }: RingOptions) {
  const events: unknown[] = [];
  const errors: string[] = [];
  const ring = createKeyRing({
    store,
    secret,
    clock,
    audit: { record: (event) => void events.push(event) },
    times: { accessTtlMs: 600_000 },
    onError: (error) => void errors.push(error instanceof Error ? error.message : "?"),
  });
  const start = async (): Promise<void> => {
    await ring.start();
    ring.close();
  };
  return { ...ring, start, events, errors };
}

async function startRing(options: RingOptions) {
  const ring = createRing(options);
  await ring.start();
  return ring;
}

/** Have the next key be one that the right secret does not open, as releases up to 0.1 could leave it. */
async function replaceNextByForeign(store: Store, clock: WallClock): Promise<string> {
  await store.db.deleteFrom("signing_keys").where("state", "=", "next").execute();
  const foreign = await generateSigningKey(deriveKey(WRONG, "signing-key"), "next", clock.nowMs());
  await insertSigningKey(store, foreign);
  return foreign.kid;
}

async function kidIn(store: Store, state: string): Promise<string | undefined> {
  return (await listSigningKeys(store)).find((key) => key.state === state)?.kid;
}

describeStores("a key ring with a wrong secret", (open) => {
  it("changes nothing, even when a rotation is due", async () => {
    await using store = await open();
    const clock = createWallClock();
    await startRing({ store, clock });
    clock.advance(60 * DAY_MS);
    const before = await listSigningKeys(store);
    await expect(createRing({ store, clock, secret: WRONG }).start()).rejects.toMatchObject(REFUSED);
    expect(await listSigningKeys(store)).toEqual(before);
    expect(await store.db.selectFrom("leases").selectAll().execute()).toEqual([]);
  });

  it("adds no next key where there is none", async () => {
    await using store = await open();
    const clock = createWallClock();
    await startRing({ store, clock });
    await store.db.deleteFrom("signing_keys").where("state", "=", "next").execute();
    await expect(createRing({ store, clock, secret: WRONG }).start()).rejects.toMatchObject(REFUSED);
    expect(await listSigningKeys(store)).toHaveLength(1);
    const right = await startRing({ store, clock });
    expect(await right.rotate({ force: true })).toBe(right.signingKey().kid);
  });

  it("makes no first keys beside one that it cannot open", async () => {
    await using store = await open();
    const clock = createWallClock();
    await startRing({ store, clock });
    await store.db.deleteFrom("signing_keys").where("state", "=", "active").execute();
    await expect(createRing({ store, clock, secret: WRONG }).start()).rejects.toMatchObject(REFUSED);
    expect(await listSigningKeys(store)).toHaveLength(1);
    await startRing({ store, clock });
    expect(await listSigningKeys(store)).toHaveLength(2);
  });

  it("leaves both first keys to one of the servers that start with different ones", async () => {
    await using store = await open();
    const clock = createWallClock();
    const secrets = [RIGHT, WRONG, RIGHT, WRONG];
    const rings = secrets.map((secret) => createRing({ store, clock, secret }));
    const started = await Promise.allSettled(rings.map((ring) => ring.start()));
    const winners = rings.filter((_, index) => started[index]?.status === "fulfilled");
    expect(winners).toHaveLength(2);
    const [first] = winners;
    const signing = await first?.rotate({ force: true });
    expect(signing).toBeDefined();
    expect(first?.signingKey().kid).toBe(signing);
    expect(first?.errors).toEqual([]);
  });
});

describeStores("a next key that the secret does not open", (open) => {
  it("is replaced and reported when a server starts, and never signs", async () => {
    await using store = await open();
    const clock = createWallClock();
    const active = (await startRing({ store, clock })).signingKey().kid;
    const foreign = await replaceNextByForeign(store, clock);
    clock.advance(60 * DAY_MS);
    const ring = await startRing({ store, clock });
    expect(ring.signingKey().kid).toBe(active);
    expect((await ring.list()).find(({ kid }) => kid === foreign)).toMatchObject({
      state: "removed",
      privateSealed: undefined,
    });
    expect(ring.events).toEqual([{ type: "key_removed", keyId: foreign, reason: "wrong_secret" }]);
    expect(ring.errors).toEqual([
      `the next signing key ${foreign} was made with another secret: another key takes its place`,
    ]);
    expect(ring.publicJwks().map((jwk) => jwk.kid)).toEqual(
      expect.not.arrayContaining([foreign]) as readonly string[],
    );
    const heir = await kidIn(store, "next");
    clock.advance(DAY_MS);
    await ring.start();
    expect(ring.signingKey().kid).toBe(heir);
  });

  it("is replaced on one of the servers that start together", async () => {
    await using store = await open();
    const clock = createWallClock();
    await startRing({ store, clock });
    await replaceNextByForeign(store, clock);
    const rings = [1, 2, 3].map(() => createRing({ store, clock }));
    await Promise.all(rings.map((ring) => ring.start()));
    expect(rings.flatMap(({ events }) => events)).toHaveLength(1);
    expect((await listSigningKeys(store)).map(({ state }) => state).toSorted()).toEqual([
      "active",
      "next",
      "removed",
    ]);
  });

  it("is not promoted by a rotation, forced or not", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing({ store, clock });
    clock.advance(2 * DAY_MS);
    await replaceNextByForeign(store, clock);
    clock.advance(2 * DAY_MS);
    await expect(ring.rotate()).rejects.toMatchObject({ name: "KeyTooNewError" });
    const foreign = await replaceNextByForeign(store, clock);
    const signing = await ring.rotate({ force: true });
    expect(signing).not.toBe(foreign);
    expect(ring.signingKey().kid).toBe(signing);
  });

  it("does not take the place of a key that was stolen", async () => {
    await using store = await open();
    const clock = createWallClock();
    const ring = await startRing({ store, clock });
    const foreign = await replaceNextByForeign(store, clock);
    const signing = await ring.compromise(ring.signingKey().kid);
    expect(signing).not.toBe(foreign);
    expect(ring.signingKey().kid).toBe(signing);
  });
});
