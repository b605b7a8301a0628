import { describe, expect, test } from "vitest";
import { createAuthenticator } from "../../../server/gate/src/authenticate/authenticator.ts";
import { AuthError } from "../../../server/gate/src/errors/auth-error.ts";
import { createRateLimit } from "../../../server/gate/src/kernel/rate-limit.ts";
import type { KeySource } from "../../../server/gate/src/keys/key-source.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { issuerKey, issuersOf, refusalOf, trustedIssuer } from "./fixtures.ts";

function setUp() {
  const clock = createTestClock(ISSUED_AT_SECONDS * 1000);
  const { keys: inner } = trustedIssuer();
  const counts = { finds: 0 };
  const outage = { error: undefined as Error | undefined };
  const keys: KeySource = {
    find(kid, algorithm): ReturnType<KeySource["find"]> {
      counts.finds += 1;
      if (outage.error !== undefined) {
        throw outage.error;
      }
      return inner.find(kid, algorithm);
    },
    isTrusted: (key) => inner.isTrusted(key),
  };
  const authenticator = createAuthenticator({
    issuers: issuersOf(trustedIssuer({ keys })),
    revocations: { isRevoked: () => false },
    ...{ clock, toleranceSeconds: 0, cacheEntries: 10 },
    tokenFailureLimit: createRateLimit({ limit: 50, windowMs: 10_000, clock, message: "too many" }),
  });
  const authenticate = (token: string, peer?: string) => authenticator.authenticate(token, peer);
  return { clock, counts, outage, authenticate };
}

const forge = (n: number): string => signToken(issuerKey, goodClaims({ jti: `t-${n}`, aud: "others" }));
const good = (jti: string): string => signToken(issuerKey, goodClaims({ jti }));

describe("failed verifications (S14)", () => {
  test("are fifty in ten seconds from one caller, and then cost nothing any more", async () => {
    const { clock, counts, authenticate } = setUp();
    for (let n = 0; n < 50; n++) {
      expect(await refusalOf(() => authenticate(forge(n), "192.0.2.7"))).toMatchObject({
        reason: "TOKEN_INVALID",
      });
    }
    counts.finds = 0;
    expect(await refusalOf(() => authenticate(forge(50), "192.0.2.7"))).toMatchObject({
      reason: "RATE_LIMITED",
    });
    expect(counts.finds).toBe(0);
    clock.advance(200);
    expect(await refusalOf(() => authenticate(forge(51), "192.0.2.7"))).toMatchObject({
      reason: "TOKEN_INVALID",
    });
  });

  test("are counted also where the form or the header is refused, which takes no promise", async () => {
    const { authenticate } = setUp();
    await authenticate(good("the keys are at hand"), "192.0.2.8");
    const unknownKey = signToken({ ...issuerKey, kid: "another" });
    for (let n = 0; n < 50; n++) {
      const token = n % 2 === 0 ? `garbage-${n}` : unknownKey;
      expect(() => authenticate(token, "192.0.2.7")).toThrowError(
        expect.objectContaining({ reason: "TOKEN_INVALID" }),
      );
    }
    expect(() => authenticate("garbage", "192.0.2.7")).toThrowError(
      expect.objectContaining({ reason: "RATE_LIMITED" }),
    );
  });

  test("of one caller leave others, and those who came with a good token before, alone", async () => {
    const { authenticate } = setUp();
    const known = good("known");
    await authenticate(known, "192.0.2.7");
    for (let n = 0; n < 60; n++) {
      await refusalOf(() => authenticate(forge(n), "192.0.2.7"));
    }
    expect(authenticate(known, "192.0.2.7")).toMatchObject({ tokenId: "known" });
    expect(await authenticate(good("other"), "192.0.2.8")).toMatchObject({ tokenId: "other" });
    expect(await refusalOf(() => authenticate(good("new"), "192.0.2.7"))).toMatchObject({
      reason: "RATE_LIMITED",
    });
  });

  test("are not counted for good tokens, nor for callers that nobody can tell apart", async () => {
    const { authenticate } = setUp();
    for (let n = 0; n < 60; n++) {
      await authenticate(good(`t-${n}`), "192.0.2.7");
    }
    for (let n = 0; n < 60; n++) {
      expect(await refusalOf(() => authenticate(forge(n)))).toMatchObject({ reason: "TOKEN_INVALID" });
    }
  });

  for (const thrown of [new AuthError("AUTH_UNAVAILABLE", "down"), new Error("broken")]) {
    test(`are not counted when they are not the token's fault: ${thrown.message}`, async () => {
      const { authenticate, outage } = setUp();
      outage.error = thrown;
      for (let n = 0; n < 60; n++) {
        await expect(async () => authenticate(good(`t-${n}`), "192.0.2.7")).rejects.toBe(thrown);
      }
      outage.error = undefined;
      expect(await authenticate(good("later"), "192.0.2.7")).toMatchObject({ tokenId: "later" });
    });
  }
});
