import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../../server/gate/src/authenticate/authenticator.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import type { KeySource, VerificationKey } from "../../../server/gate/src/keys/key-source.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { setUpIssuer } from "../keys/remote-issuer.ts";
import { issuerKey, issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

const PEER = "192.0.2.7";

function setUp() {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const { keys: inner } = trustedIssuer();
  const counts = { finds: 0, peers: 0 };
  const outage = { error: undefined as Error | undefined };
  const trust = { withdrawn: false };
  const keys: KeySource = {
    find(kid, algorithm): ReturnType<KeySource["find"]> {
      counts.finds += 1;
      if (outage.error !== undefined) {
        throw outage.error;
      }
      return trust.withdrawn ? undefined : inner.find(kid, algorithm);
    },
    isTrusted: (key: VerificationKey) => !trust.withdrawn && inner.isTrusted(key),
  };
  const revoked = new Set<string>();
  const authenticator = createAuthenticator({
    issuers: issuersOf(trustedIssuer({ keys })),
    revocations: { isRevoked: ({ tokenId = "" }) => revoked.has(tokenId) },
    ...{ clock, toleranceSeconds: 0, cacheEntries: 1_000 },
    tokenFailureLimit: createRateLimit({ limit: 50, windowMs: 10_000, clock, message: "too many" }),
  });
  const authenticate = (token: string, peer = PEER) =>
    authenticator.authenticate(token, {
      get peer() {
        counts.peers += 1;
        return peer;
      },
    });
  return { clock, counts, outage, trust, revoked, authenticator, authenticate };
}

const errorOf = (work: () => unknown): Promise<Error> =>
  Promise.resolve()
    .then(work)
    .then(
      () => expect.fail("nothing was thrown"),
      (error: Error) => error,
    );

const stranger = createSigningKey("ES256", issuerKey.kid);
const unknownKey = { ...issuerKey, kid: "another" };
const good = (jti: string | number): string => signToken(issuerKey, goodClaims({ jti: `good-${jti}` }));

/** Tokens that no trusted issuer has signed. Only those of the first kind take a check to be known as such. */
const FORGED = notEmpty([
  ["with a foreign signature", (n: number) => signToken(stranger, goodClaims({ jti: `t-${n}` }))],
  ["of an unknown key", (n: number) => signToken(unknownKey, goodClaims({ jti: `t-${n}` }))],
  ["of an unknown issuer", (n: number) => signToken(issuerKey, goodClaims({ iss: `https://${n}.example` }))],
  ["of another form", (n: number) => `garbage-${n}`],
] as const);

/** Tokens that the issuer has signed, and that are not good. */
const GENUINE = notEmpty([
  ["that has expired", "TOKEN_EXPIRED", { exp: ISSUED_AT_SECONDS - 1, iat: ISSUED_AT_SECONDS - 600 }],
  ["that is not valid yet", "TOKEN_INVALID", { nbf: ISSUED_AT_SECONDS + 60 }],
  ["for another audience", "TOKEN_INVALID", { aud: "others" }],
  ["that is bound to a key", "TOKEN_INVALID", { cnf: { jkt: "thumbprint" } }],
  ["that is revoked", "SESSION_REVOKED", { jti: "revoked" }],
] as const);

describe("tokens that no trusted issuer has signed (S14)", () => {
  test.each(FORGED)("%s are fifty in ten seconds from one peer; more are told to wait", async (_, forge) => {
    const { clock, authenticate } = setUp();
    for (let n = 0; n < 50; n++) {
      expect(await refusalOf(() => authenticate(forge(n)))).toMatchObject({ reason: "TOKEN_INVALID" });
    }
    await expect(async () => authenticate(forge(50))).rejects.toMatchObject({
      reason: "RATE_LIMITED",
      retryAfterMs: 200,
    });
    expect(await refusalOf(() => authenticate(forge(51), "192.0.2.8"))).toMatchObject({
      reason: "TOKEN_INVALID",
    });
    clock.advance(200);
    expect(await refusalOf(() => authenticate(forge(52)))).toMatchObject({ reason: "TOKEN_INVALID" });
    expect(await refusalOf(() => authenticate(forge(53)))).toMatchObject({ reason: "RATE_LIMITED" });
  });

  test("are told so without a promise where form or header decides", async () => {
    const { authenticate } = setUp();
    await authenticate(good("the keys are at hand"));
    for (let n = 0; n < 50; n++) {
      const token = n % 2 === 0 ? `garbage-${n}` : signToken(unknownKey);
      expect(() => authenticate(token)).toThrowError(expect.objectContaining({ reason: "TOKEN_INVALID" }));
    }
    expect(() => authenticate("garbage")).toThrowError(expect.objectContaining({ reason: "RATE_LIMITED" }));
  });

  test("count as such when their key is unknown and may be new, which is answered with the time until that is known", async () => {
    const { authenticate, outage } = setUp();
    const { keys, find } = setUpIssuer();
    await find("one");
    outage.error = await errorOf(() => keys.find("two", "ES256"));
    const unavailable = { reason: "AUTH_UNAVAILABLE", retryAfterMs: 30_000 };
    for (let n = 0; n < 60; n++) {
      await expect(async () => authenticate(signToken(unknownKey))).rejects.toMatchObject(unavailable);
    }
    outage.error = undefined;
    expect(await refusalOf(() => authenticate("garbage"))).toMatchObject({ reason: "RATE_LIMITED" });
    expect(await authenticate(good("now known"))).toMatchObject({ tokenId: "good-now known" });
  });

  test.each(notEmpty([PEER, ""]))("never have a good one refused of their peer: %j", async (peer) => {
    const { authenticate } = setUp();
    const known = good("known");
    await authenticate(known, peer);
    for (let n = 0; n < 300; n++) {
      const forge = FORGED[n % FORGED.length]?.[1] ?? FORGED[0][1];
      await refusalOf(() => authenticate(forge(n), peer));
      expect(await authenticate(good(n), peer)).toMatchObject({ tokenId: `good-${n}` });
    }
    expect(authenticate(known, peer)).toMatchObject({ tokenId: "good-known" });
  });
});

describe("tokens that their issuer has signed (S14)", () => {
  test.each(GENUINE)("and one %s do not count", async (_, reason, claims) => {
    const { authenticate, revoked } = setUp();
    revoked.add("revoked");
    for (let n = 0; n < 60; n++) {
      const token = signToken(issuerKey, goodClaims({ n, ...claims }));
      expect(await refusalOf(() => authenticate(token))).toMatchObject({ reason });
    }
    expect(await refusalOf(() => authenticate("garbage"))).toMatchObject({ reason: "TOKEN_INVALID" });
  });

  test("and whose key is withdrawn are told to refresh, not to wait: an office does so at one time", async () => {
    const { authenticate, trust } = setUp();
    const office = Array.from({ length: 60 }, (_, n) => good(n));
    for (const token of office) {
      await authenticate(token);
    }
    trust.withdrawn = true;
    for (const token of office) {
      expect(await refusalOf(() => authenticate(token))).toMatchObject({ reason: "TOKEN_INVALID" });
    }
  });

  for (const thrown of [new AuthError("AUTH_UNAVAILABLE", "down"), new Error("broken")]) {
    test(`do not count when something else fails: ${thrown.message}`, async () => {
      const { authenticate, outage } = setUp();
      outage.error = thrown;
      for (let n = 0; n < 60; n++) {
        await expect(async () => authenticate(good(n))).rejects.toBe(thrown);
      }
      outage.error = undefined;
      expect(await refusalOf(() => authenticate("garbage"))).toMatchObject({ reason: "TOKEN_INVALID" });
    });
  }

  test("and that are known do not have their peer looked for", async () => {
    const { authenticate, counts } = setUp();
    const token = good("known");
    await authenticate(token);
    expect(counts.peers).toBe(1);
    void authenticate(token);
    expect(counts).toEqual({ peers: 1, finds: 1 });
  });
});
