import { describe, expect, test } from "vitest";
import { oneKey } from "../../support/one-key.ts";
import { createSigningKey } from "../../support/tokens.ts";
import { MINUTE_MS, one, setUpIssuer, two } from "./remote-issuer.ts";

describe("keys at a URL (S5)", () => {
  test("are fetched with the first call, once for all who ask meanwhile", async () => {
    const { idp, find } = setUpIssuer();
    const found = await Promise.all([find("one"), find("one"), find("one")]);
    expect(new Set(found).size).toBe(1);
    expect(found[0]?.kid).toBe("one");
    expect(idp.fetches).toBe(1);
  });

  test("answer at once when they are known", async () => {
    const { keys, find, idp } = setUpIssuer();
    const key = await oneKey(find("one"));
    expect(keys.find("one", "ES256")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
    expect(idp.fetches).toBe(1);
  });

  test("are fetched again behind the calls, and a call never waits for that", async () => {
    const { clock, idp, keys, find } = setUpIssuer({ maxAgeSeconds: 600, random: 0.5 });
    const key = await oneKey(find("one"));
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
      const { clock, idp, keys, find } = setUpIssuer({ random });
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
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
    idp.keys = [two, one];
    clock.advance(9 * MINUTE_MS);
    void keys.find("one", "ES256");
    await find("nobody");
    expect(keys.find("one", "ES256")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
  });

  test("that are absent from a successful refresh stop verifying at once", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
    idp.keys = [two];
    clock.advance(9 * MINUTE_MS);
    keys.isTrusted(key);
    await find("nobody");
    expect(idp.fetches).toBe(2);
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).toBeUndefined();
  });

  test("that come again under their old name with other material are other keys", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
    idp.keys = [createSigningKey("ES256", "one")];
    clock.advance(9 * MINUTE_MS);
    keys.isTrusted(key);
    await find("nobody");
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).not.toBe(key);
  });

  test("that nobody used while they became stale are asked for before they are trusted again", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
    idp.keys = [two];
    clock.advance(11 * MINUTE_MS);
    expect(keys.isTrusted(key)).toBe(false);
    expect(await find("one")).toBeUndefined();
    expect(idp.fetches).toBe(2);
  });
});
