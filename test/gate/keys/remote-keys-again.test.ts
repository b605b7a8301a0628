import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../../server/gate/src/authenticate/authenticator.ts";
import { craftToken, createSigningKey, goodClaims, signToken } from "../../support/tokens.ts";
import { issuersOf, refusalOf, trustedIssuer } from "../authenticate/fixtures.ts";
import { MINUTE_MS, one, settle, setUpIssuer } from "./remote-issuer.ts";

/** An issuer, and a server that knows its key already. */
async function setUpServer() {
  const issuer = setUpIssuer();
  const authenticator = createAuthenticator({
    issuers: issuersOf(trustedIssuer({ keys: issuer.keys })),
    revocations: { isRevoked: () => false },
    clock: issuer.clock,
    toleranceSeconds: 5,
    cacheEntries: 5000,
  });
  const authenticate = async (token: string) => authenticator.authenticate(token);
  await authenticate(signToken(one));
  return { ...issuer, authenticate };
}

const forge = (at: number) =>
  craftToken({ alg: "ES256", typ: "at+jwt", kid: "one" }, goodClaims({ jti: `forged-${at}` }), () =>
    Buffer.alloc(64, 1),
  );
const SIGNATURE = { reason: "TOKEN_INVALID", message: "the signature does not verify" };

describe("a new key under an old kid (S5)", () => {
  test("is fetched after a bad signature, also right after the last fetch", async () => {
    const { idp, authenticate } = await setUpServer();
    const renewed = createSigningKey("ES256", "one");
    idp.keys = [renewed];
    expect((await authenticate(signToken(renewed))).subject).toBe("usr_ada");
    expect(idp.fetches).toBe(2);
    expect(await refusalOf(() => authenticate(signToken(one, goodClaims({ jti: "other" }))))).toEqual(
      SIGNATURE,
    );
    expect(idp.fetches).toBe(2);
  });

  test("makes what the old key has verified void", async () => {
    const { idp, authenticate } = await setUpServer();
    const [old, renewed] = [signToken(one), createSigningKey("ES256", "one")];
    idp.keys = [renewed];
    await authenticate(signToken(renewed));
    expect(await refusalOf(() => authenticate(old))).toEqual(SIGNATURE);
  });

  test("1,000 forged signatures in a minute cause no more fetches than unknown kids do, together with them", async () => {
    const { idp, clock, authenticate } = await setUpServer();
    idp.fetches = 0;
    for (let at = 0; at < 1000; at += 1) {
      expect(await refusalOf(() => authenticate(forge(at)))).toEqual(SIGNATURE);
      await refusalOf(() => authenticate(signToken(one, goodClaims(), { kid: `unknown-${at}` })));
      clock.advance(60);
    }
    expect(idp.fetches).toBe(2);
  });

  test("is not asked for while the issuer is down more often, and a forged token is not called unavailable", async () => {
    const { idp, clock, authenticate } = await setUpServer();
    idp.isDown = true;
    idp.fetches = 0;
    for (let at = 0; at < 100; at += 1) {
      expect(await refusalOf(() => authenticate(forge(at)))).toEqual(SIGNATURE);
    }
    expect(idp.fetches).toBe(1);
    idp.isDown = false;
    const renewed = createSigningKey("ES256", "one");
    idp.keys = [renewed];
    clock.advance(MINUTE_MS);
    expect((await authenticate(signToken(renewed))).subject).toBe("usr_ada");
  });
});

describe("keys ahead of the first call (S5)", () => {
  test("are fetched once, and a call then needs no fetch", async () => {
    const { idp, keys, find } = setUpIssuer();
    keys.prefetch?.();
    keys.prefetch?.();
    expect((await find("one"))?.kid).toBe("one");
    keys.prefetch?.();
    expect(idp.fetches).toBe(1);
  });

  test("that cannot be had are said once, and the first call does not wait for the time after a failure", async () => {
    const { idp, keys, find, warnings, clock } = setUpIssuer();
    idp.isDown = true;
    keys.prefetch?.();
    await settle();
    expect(warnings).toEqual(["issuer https://issuer.example: its keys cannot be fetched: down"]);
    expect(keys.failure?.()).toBe("its keys cannot be fetched: down");
    await settle();
    idp.isDown = false;
    clock.advance(2_000);
    expect((await find("one"))?.kid).toBe("one");
    expect(warnings).toEqual([
      "issuer https://issuer.example: its keys cannot be fetched: down",
      "issuer https://issuer.example: its keys can be fetched again",
    ]);
    expect(keys.failure?.()).toBeUndefined();
  });

  test("come back by themselves when it is asked whether they can be had", async () => {
    const { idp, keys, clock } = setUpIssuer();
    idp.isDown = true;
    keys.prefetch?.();
    await settle();
    idp.isDown = false;
    clock.advance(2_000);
    keys.failure?.();
    await settle();
    await settle();
    expect(keys.failure?.()).toBeUndefined();
    expect(keys.findKnown?.("one", "ES256")).toBeDefined();
  });

  test("are left to the first call on Cloudflare's workers, which may request nothing before", () => {
    const { idp, keys } = setUpIssuer();
    const real = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    Object.defineProperty(globalThis, "navigator", {
      configurable: true,
      value: { userAgent: "Cloudflare-Workers" },
    });
    try {
      keys.prefetch?.();
      expect(idp.fetches).toBe(0);
    } finally {
      Object.defineProperty(globalThis, "navigator", real ?? { configurable: true, value: undefined });
    }
  });
});
