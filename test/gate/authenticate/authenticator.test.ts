import { describe, expect, test } from "vitest";
import {
  type Authenticator,
  createAuthenticator,
} from "../../../server/gate/src/authenticate/authenticator.ts";
import type { Principal } from "../../../server/gate/src/authenticate/principal.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import type { KeySource, VerificationKey } from "../../../server/gate/src/keys/key-source.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { goodClaims, ISSUED_AT_SECONDS, LIFE_SECONDS, signToken } from "../../support/tokens.ts";
import { issuerKey, issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

function setUp({ cacheEntries = 10, revoked = new Set<string>() } = {}) {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const { keys, counts, trust } = countingKeys(trustedIssuer().keys);
  const authenticator = createAuthenticator({
    issuers: issuersOf(trustedIssuer({ keys })),
    revocations: { isRevoked: (principal) => revoked.has(principal.sessionId ?? "") },
    clock,
    toleranceSeconds: 5,
    cacheEntries,
  });
  return { clock, authenticator, counts, trust, revoked };
}

/** Count how often a key is looked for: that is how often a token is verified. */
function countingKeys(inner: KeySource) {
  const counts = { finds: 0 };
  const trust = { withdrawn: false };
  const keys: KeySource = {
    find(kid, algorithm): ReturnType<KeySource["find"]> {
      counts.finds += 1;
      return trust.withdrawn ? undefined : inner.find(kid, algorithm);
    },
    isTrusted: (key: VerificationKey) => !trust.withdrawn && inner.isTrusted(key),
  };
  return { keys, counts, trust };
}

const token = signToken(issuerKey);
const warm = async (authenticator: Authenticator): Promise<Principal> => authenticator.authenticate(token);

describe("the verdict cache (S4)", () => {
  test("answers without a promise for a token that was verified before", async () => {
    const { authenticator, counts } = setUp();
    const first = authenticator.authenticate(token);
    expect(first).toBeInstanceOf(Promise);
    expect(authenticator.authenticate(token)).toBeInstanceOf(Promise);
    const principal = await first;
    expect(authenticator.authenticate(token)).toBe(authenticator.authenticate(token));
    expect(authenticator.authenticate(token)).toEqual(principal);
    expect(counts.finds).toBe(2);
  });

  test("is keyed by the whole token: another signature or header is another token", async () => {
    const { authenticator, counts } = setUp();
    await warm(authenticator);
    const [header, payload] = token.split(".");
    const forged = `${header}.${payload}.${Buffer.alloc(64, 1).toString("base64url")}`;
    expect(await refusalOf(() => authenticator.authenticate(forged))).toEqual({
      reason: "TOKEN_INVALID",
      message: "the signature does not verify",
    });
    expect(counts.finds).toBe(2);
  });

  test("never holds a token that does not verify, or is not for this server", async () => {
    const { authenticator, counts } = setUp();
    const bad = signToken(issuerKey, goodClaims({ aud: "other" }));
    await refusalOf(() => authenticator.authenticate(bad));
    await refusalOf(() => authenticator.authenticate(bad));
    expect(counts.finds).toBe(2);
  });

  test("is bounded: the token that was used least lately goes", async () => {
    const { authenticator, counts } = setUp({ cacheEntries: 2 });
    const tokens = ["a", "b", "c"].map((jti) => signToken(issuerKey, goodClaims({ jti })));
    const [a = "", b = "", c = ""] = tokens;
    await authenticator.authenticate(a);
    await authenticator.authenticate(b);
    await authenticator.authenticate(a);
    await authenticator.authenticate(c);
    expect(counts.finds).toBe(3);
    expect(authenticator.authenticate(a)).not.toBeInstanceOf(Promise);
    expect(authenticator.authenticate(b)).toBeInstanceOf(Promise);
  });

  test("re-checks exp on each hit, with the tolerance", async () => {
    const { authenticator, clock } = setUp();
    await warm(authenticator);
    clock.advance((LIFE_SECONDS + 5) * 1000 - 1);
    expect(authenticator.authenticate(token)).not.toBeInstanceOf(Promise);
    clock.advance(1);
    expect(() => authenticator.authenticate(token)).toThrowError(
      new AuthError("TOKEN_EXPIRED", "the token has expired"),
    );
  });

  test("re-checks nbf on each hit: the clock may have been set back", async () => {
    const { authenticator, clock } = setUp();
    await warm(authenticator);
    clock.advance(-5000);
    expect(authenticator.authenticate(token)).not.toBeInstanceOf(Promise);
    clock.advance(-1);
    expect(() => authenticator.authenticate(token)).toThrowError(
      new AuthError("TOKEN_INVALID", "the token is not valid yet"),
    );
  });

  test("re-checks revocation on each hit, the first included", async () => {
    const { authenticator, revoked } = setUp();
    await warm(authenticator);
    revoked.add("session-1");
    const refusal = { reason: "SESSION_REVOKED", message: "the session has been revoked" };
    expect(await refusalOf(() => authenticator.authenticate(token))).toEqual(refusal);
    const other = signToken(issuerKey, goodClaims({ jti: "2" }));
    expect(await refusalOf(() => authenticator.authenticate(other))).toEqual(refusal);
    revoked.clear();
    expect(authenticator.authenticate(token)).not.toBeInstanceOf(Promise);
    expect(authenticator.authenticate(other)).not.toBeInstanceOf(Promise);
  });

  test("verifies a token that has expired once, however often it is sent", async () => {
    const { authenticator, clock, counts } = setUp();
    clock.advance((LIFE_SECONDS + 5) * 1000);
    const expired = new AuthError("TOKEN_EXPIRED", "the token has expired");
    await expect(async () => authenticator.authenticate(token)).rejects.toThrowError(expired);
    expect(() => authenticator.authenticate(token)).toThrowError(expired);
    expect(counts.finds).toBe(1);
    clock.advance(-1);
    expect(authenticator.authenticate(token)).toMatchObject({ tokenId: "token-1" });
  });

  test("takes a token that came too early when its time has come, and not before", async () => {
    const { authenticator, clock } = setUp();
    const early = signToken(issuerKey, goodClaims({ nbf: ISSUED_AT_SECONDS + 60 }));
    const refusal = { reason: "TOKEN_INVALID", message: "the token is not valid yet" };
    expect(await refusalOf(() => authenticator.authenticate(early))).toEqual(refusal);
    clock.advance(55_000 - 1);
    expect(await refusalOf(() => authenticator.authenticate(early))).toEqual(refusal);
    clock.advance(1);
    expect(authenticator.authenticate(early)).toMatchObject({ tokenId: "token-1" });
  });

  test("forgets a token that has expired with the key that verified it", async () => {
    const { authenticator, clock, counts, trust } = setUp();
    clock.advance((LIFE_SECONDS + 5) * 1000);
    await refusalOf(() => authenticator.authenticate(token));
    trust.withdrawn = true;
    const refusal = { reason: "TOKEN_INVALID", message: "the issuer has no such key" };
    expect(await refusalOf(() => authenticator.authenticate(token))).toEqual(refusal);
    trust.withdrawn = false;
    expect(await refusalOf(() => authenticator.authenticate(token))).toMatchObject({
      reason: "TOKEN_EXPIRED",
    });
    expect(counts.finds).toBe(3);
  });

  test("is not emptied of good tokens by those that have expired, of which it holds a tenth", async () => {
    const { authenticator, clock, counts } = setUp();
    const expired = Array.from({ length: 30 }, (_, n) =>
      signToken(issuerKey, goodClaims({ jti: `old-${n}` })),
    );
    clock.advance((LIFE_SECONDS + 5) * 1000);
    const times = { iat: ISSUED_AT_SECONDS + LIFE_SECONDS, exp: ISSUED_AT_SECONDS + 2 * LIFE_SECONDS };
    const good = Array.from({ length: 10 }, (_, n) =>
      signToken(issuerKey, goodClaims({ jti: `n-${n}`, ...times })),
    );
    for (const one of good) {
      await authenticator.authenticate(one);
    }
    for (const one of expired) {
      await refusalOf(() => authenticator.authenticate(one));
    }
    for (const one of good) {
      expect(authenticator.authenticate(one)).not.toBeInstanceOf(Promise);
    }
    expect(counts.finds).toBe(40);
    await refusalOf(() => authenticator.authenticate(expired.at(-1) ?? ""));
    expect(counts.finds).toBe(40);
    await refusalOf(() => authenticator.authenticate(expired.at(-2) ?? ""));
    expect(counts.finds).toBe(41);
  });

  test("re-checks the key on each hit: verdicts go with it, and do not come back", async () => {
    const { authenticator, trust } = setUp();
    await warm(authenticator);
    trust.withdrawn = true;
    expect(await refusalOf(() => authenticator.authenticate(token))).toEqual({
      reason: "TOKEN_INVALID",
      message: "the issuer has no such key",
    });
    trust.withdrawn = false;
    expect(authenticator.authenticate(token)).toBeInstanceOf(Promise);
  });

  test("refuses a token whose key is withdrawn while it is verified", async () => {
    const { authenticator, trust } = setUp();
    const verdict = authenticator.authenticate(token);
    trust.withdrawn = true;
    expect(await refusalOf(() => verdict)).toEqual({
      reason: "TOKEN_INVALID",
      message: "the key was withdrawn while the token was verified",
    });
  });
});

describe("a token (S4)", () => {
  test("that expired while its key was fetched is expired", async () => {
    const { authenticator, clock } = setUp();
    const verdict = authenticator.authenticate(token);
    clock.advance(LIFE_SECONDS * 2000);
    expect(await refusalOf(() => verdict)).toMatchObject({ reason: "TOKEN_EXPIRED" });
  });

  test("is called expired only when nothing else is wrong with it", async () => {
    const { authenticator, clock } = setUp();
    clock.advance(LIFE_SECONDS * 2000);
    const other = signToken(issuerKey, goodClaims({ aud: "other" }));
    expect(await refusalOf(() => authenticator.authenticate(other))).toMatchObject({
      reason: "TOKEN_INVALID",
    });
    expect(await refusalOf(() => authenticator.authenticate(token))).toMatchObject({
      reason: "TOKEN_EXPIRED",
    });
  });

  for (const cnf of [{ jkt: "x".repeat(43) }, { "x5t#S256": "x".repeat(43) }]) {
    test(`bound by ${Object.keys(cnf).join()} is refused as a plain bearer, every time (R80)`, async () => {
      const { authenticator } = setUp();
      const bound = signToken(issuerKey, goodClaims({ cnf }));
      for (let time = 0; time < 2; time += 1) {
        expect(await refusalOf(() => authenticator.authenticate(bound))).toEqual({
          reason: "TOKEN_INVALID",
          message: "the token is bound to a key and was sent as a bearer token",
        });
      }
    });
  }
});
