import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../../server/src/authenticate/authenticator.ts";
import { AuthError } from "../../../server/src/errors/auth-error.ts";
import type { VerificationKey } from "../../../server/src/keys/key-source.ts";
import { createRemoteKeys } from "../../../server/src/keys/remote-keys.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { issuersOf, refusalOf, trustedIssuer } from "../authenticate/fixtures.ts";

const one = createSigningKey("ES256", "one");
const two = createSigningKey("ES256", "two");
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** An issuer whose key set can be changed, taken away and held back. */
function setUp({ maxAgeSeconds = 600, random = 0.5 } = {}) {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const idp = { keys: [one], isDown: false, fetches: 0, hold: undefined as Promise<void> | undefined };
  const keys = createRemoteKeys({
    algorithms: ["ES256"],
    clock,
    random: () => random,
    async fetchJwks() {
      idp.fetches += 1;
      await idp.hold;
      if (idp.isDown) throw new Error("down");
      return { json: { keys: idp.keys.map(({ jwk }) => jwk) }, maxAgeSeconds };
    },
  });
  const find = async (kid: string) => keys.find(kid, "ES256");
  return { clock, idp, keys, find };
}

/** Let a fetch that fails behind the calls come to its end. Others are waited for by whoever asks for a new key. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

async function mustFind(found: Promise<VerificationKey | undefined>): Promise<VerificationKey> {
  const key = await found;
  if (key === undefined) throw new Error("the key was not found");
  return key;
}

describe("keys at a URL (S5)", () => {
  test("are fetched with the first call, once for all who ask meanwhile", async () => {
    const { idp, find } = setUp();
    const found = await Promise.all([find("one"), find("one"), find("one")]);
    expect(new Set(found).size).toBe(1);
    expect(found[0]?.kid).toBe("one");
    expect(idp.fetches).toBe(1);
  });

  test("answer at once when they are known", async () => {
    const { keys, find, idp } = setUp();
    const key = await mustFind(find("one"));
    expect(keys.find("one", "ES256")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
    expect(idp.fetches).toBe(1);
  });

  test("are fetched again behind the calls, and a call never waits for that", async () => {
    const { clock, idp, keys, find } = setUp({ maxAgeSeconds: 600, random: 0.5 });
    const key = await mustFind(find("one"));
    clock.advance(480_000 - 1);
    expect(keys.find("one", "ES256")).toBe(key);
    expect(idp.fetches).toBe(1);
    clock.advance(1);
    expect(keys.find("one", "ES256")).toBe(key);
    expect(idp.fetches).toBe(2);
  });

  for (const [random, seconds] of [
    [0, 420],
    [0.999_999, 540],
  ] as const) {
    test(`are fetched again after ${seconds} of 600 seconds when chance is ${random}`, async () => {
      const { clock, idp, keys, find } = setUp({ random });
      await find("one");
      clock.advance((seconds - 1) * 1000);
      void keys.find("one", "ES256");
      expect(idp.fetches).toBe(1);
      clock.advance(1000);
      void keys.find("one", "ES256");
      expect(idp.fetches).toBe(2);
    });
  }

  test("stay the same objects over a refresh, so that verdicts stay good", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.keys = [two, one];
    clock.advance(9 * MINUTE_MS);
    void keys.find("one", "ES256");
    await find("nobody");
    expect(keys.find("one", "ES256")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
  });

  test("that are absent from a successful refresh stop verifying at once", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.keys = [two];
    clock.advance(9 * MINUTE_MS);
    keys.isTrusted(key);
    await find("nobody");
    expect(idp.fetches).toBe(2);
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).toBeUndefined();
  });

  test("that come again under their old name with other material are other keys", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.keys = [createSigningKey("ES256", "one")];
    clock.advance(9 * MINUTE_MS);
    keys.isTrusted(key);
    await find("nobody");
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).not.toBe(key);
  });

  test("that nobody used while they became stale are asked for before they are trusted again", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.keys = [two];
    clock.advance(11 * MINUTE_MS);
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).toBeUndefined();
    expect(idp.fetches).toBe(2);
  });
});

describe("keys while the issuer is down (S5, S6)", () => {
  test("serve for one hour past their time, and then are unavailable, not unknown", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.isDown = true;
    clock.advance(11 * MINUTE_MS);
    expect(await find("one")).toBe(key);
    for (let minutes = 11; minutes < 69; minutes += 1) {
      clock.advance(MINUTE_MS);
      expect(keys.find("one", "ES256")).toBe(key);
      expect(keys.isTrusted(key)).toBe(true);
      await settle();
    }
    clock.advance(MINUTE_MS);
    expect(keys.isTrusted(key)).toBe(false);
    expect(await refusalOf(() => find("one"))).toEqual({
      reason: "AUTH_UNAVAILABLE",
      message: "the issuer's keys cannot be had just now",
    });
  });

  test("are tried again after 1 s and then less and less often, up to every 60 s", async () => {
    const { clock, idp, keys, find } = setUp({ random: 0.999_999 });
    const key = await mustFind(find("one"));
    idp.isDown = true;
    clock.advance(10 * MINUTE_MS);
    await find("one");
    const waits: number[] = [];
    let before = idp.fetches;
    let waitedMs = 0;
    while (waits.length < 8) {
      clock.advance(500);
      waitedMs += 500;
      keys.isTrusted(key);
      await settle();
      if (idp.fetches > before) {
        waits.push(waitedMs / 1000);
        waitedMs = 0;
        before = idp.fetches;
      }
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  });

  test("recover as soon as the issuer does", async () => {
    const { clock, idp, keys, find } = setUp();
    const key = await mustFind(find("one"));
    idp.isDown = true;
    clock.advance(3 * HOUR_MS);
    await refusalOf(() => find("one"));
    idp.isDown = false;
    clock.advance(1000);
    expect(await find("one")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
  });

  test("that were never had are unavailable, with the time to wait, and are not asked for in vain", async () => {
    const { clock, idp, find } = setUp();
    idp.isDown = true;
    await refusalOf(() => find("one"));
    const again = find("one");
    await expect(again).rejects.toThrowError(expect.objectContaining({ retryAfterMs: 500 }));
    await expect(again).rejects.toBeInstanceOf(AuthError);
    expect(idp.fetches).toBe(1);
    clock.advance(500);
    idp.isDown = false;
    expect((await find("one"))?.kid).toBe("one");
  });
});

describe("an unknown kid (S5)", () => {
  test("causes one fetch, and is found when the issuer has rotated its keys", async () => {
    const { clock, idp, find } = setUp();
    await find("one");
    idp.keys = [one, two];
    clock.advance(30_000);
    expect((await find("two"))?.kid).toBe("two");
    expect(idp.fetches).toBe(2);
  });

  test("causes no fetch within 30 s of the last attempt, and never waits for the limiter", async () => {
    const { clock, idp, keys, find } = setUp();
    await find("one");
    clock.advance(30_000 - 1);
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(1);
    clock.advance(1);
    expect(await find("two")).toBeUndefined();
    expect(idp.fetches).toBe(2);
    clock.advance(29_000);
    expect(keys.find("three", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(2);
  });

  test("that was not found is remembered for two minutes", async () => {
    const { clock, idp, keys, find } = setUp();
    await find("one");
    clock.advance(30_000);
    await find("two");
    clock.advance(119_999);
    expect(keys.find("two", "ES256")).toBeUndefined();
    expect(idp.fetches).toBe(2);
    clock.advance(1);
    expect(keys.find("two", "ES256")).toBeInstanceOf(Promise);
    expect(idp.fetches).toBe(3);
  });

  test("waits for a fetch that is under way anyhow", async () => {
    const { clock, idp, keys, find } = setUp();
    await find("one");
    const gate = Promise.withResolvers<void>();
    idp.hold = gate.promise;
    idp.keys = [one, two];
    clock.advance(9 * MINUTE_MS);
    void keys.find("one", "ES256");
    const waiting = find("two");
    gate.resolve();
    expect((await waiting)?.kid).toBe("two");
    expect(idp.fetches).toBe(2);
  });

  test("is not called unknown while the issuer is down: it may be new", async () => {
    const { clock, idp, keys, find } = setUp();
    await find("one");
    idp.isDown = true;
    clock.advance(30_000);
    const unavailable = { reason: "AUTH_UNAVAILABLE", message: "the issuer's keys cannot be had just now" };
    expect(await refusalOf(() => find("two"))).toEqual(unavailable);
    expect(await refusalOf(() => keys.find("three", "ES256"))).toEqual(unavailable);
    expect(idp.fetches).toBe(2);
    idp.isDown = false;
    idp.keys = [one, two];
    clock.advance(30_000);
    expect((await find("two"))?.kid).toBe("two");
  });
});

test("IdP down and 1,000 tokens with random kids: at most 2 fetches, and every token under a known key passes", async () => {
  const { clock, idp, keys } = setUp();
  const authenticator = createAuthenticator({
    issuers: issuersOf(trustedIssuer({ keys })),
    revocations: { isRevoked: () => false },
    clock,
    toleranceSeconds: 5,
    cacheEntries: 5000,
  });
  const known = Array.from({ length: 20 }, (_, at) => signToken(one, goodClaims({ jti: `known-${at}` })));
  await authenticator.authenticate(known[0] ?? "");
  idp.isDown = true;
  idp.fetches = 0;
  clock.advance(MINUTE_MS);
  const outcomes = new Set<string>();
  let passed = 0;
  for (let at = 0; at < 1000; at += 1) {
    const random = signToken(one, goodClaims(), { kid: `random-${at}` });
    outcomes.add((await refusalOf(() => authenticator.authenticate(random))).reason);
    const principal = at % 50 === 0 ? await authenticator.authenticate(known[at / 50] ?? "") : undefined;
    passed += principal?.subject === "usr_ada" ? 1 : 0;
  }
  expect(idp.fetches).toBeLessThanOrEqual(2);
  expect(passed).toBe(20);
  expect([...outcomes]).toEqual(["AUTH_UNAVAILABLE"]);
});
