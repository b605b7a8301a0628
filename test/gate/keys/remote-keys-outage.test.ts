import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../../server/gate/src/authenticate/authenticator.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { oneKey } from "../../support/one-key.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { issuersOf, refusalOf, trustedIssuer } from "../authenticate/fixtures.ts";
import { HOUR_MS, MINUTE_MS, one, settle, setUpIssuer } from "./remote-issuer.ts";

describe("keys while the issuer is down (S5, S6)", () => {
  test("serve for one hour past their time, and then are unavailable, not unknown", async () => {
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
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
    const { clock, idp, keys, find } = setUpIssuer({ random: 0.999_999 });
    const key = await oneKey(find("one"));
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
    const { clock, idp, keys, find } = setUpIssuer();
    const key = await oneKey(find("one"));
    idp.isDown = true;
    clock.advance(3 * HOUR_MS);
    await refusalOf(() => find("one"));
    idp.isDown = false;
    clock.advance(1000);
    expect(await find("one")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
  });

  test("that were never had are unavailable, with the time to wait, and are not asked for in vain", async () => {
    const { clock, idp, find } = setUpIssuer();
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

test("IdP down and 1,000 tokens with random kids: at most 2 fetches, and every token under a known key passes", async () => {
  const { clock, idp, keys } = setUpIssuer();
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
