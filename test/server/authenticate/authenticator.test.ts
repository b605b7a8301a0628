import { describe, expect, test } from "vitest";
import { type Authenticator, createAuthenticator } from "../../../server/src/authenticate/authenticator.ts";
import type { Principal } from "../../../server/src/authenticate/principal.ts";
import { AuthError } from "../../../server/src/errors/auth-error.ts";
import type { KeySource, VerificationKey } from "../../../server/src/keys/key-source.ts";
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

  test("never holds a failure", async () => {
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

  test("re-checks revocation on each hit, and before it remembers", async () => {
    const { authenticator, revoked } = setUp();
    await warm(authenticator);
    revoked.add("session-1");
    const refusal = { reason: "SESSION_REVOKED", message: "the session has been revoked" };
    expect(await refusalOf(() => authenticator.authenticate(token))).toEqual(refusal);
    const other = signToken(issuerKey, goodClaims({ jti: "2" }));
    expect(await refusalOf(() => authenticator.authenticate(other))).toEqual(refusal);
    revoked.clear();
    expect(authenticator.authenticate(token)).not.toBeInstanceOf(Promise);
    expect(authenticator.authenticate(other)).toBeInstanceOf(Promise);
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
