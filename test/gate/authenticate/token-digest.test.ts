import { createHash } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { createTestClock } from "../../support/test-clock.ts";
import { ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";
import { issuerKey, issuersOf } from "./fixtures.ts";

const token = signToken(issuerKey);
const expected = createHash("sha256").update(token).digest("base64");

/** Load the modules anew, as a runtime without the modules of Node would. */
async function loadWithoutNode() {
  vi.resetModules();
  vi.stubGlobal("process", undefined);
  const { digestToken } = await import("../../../server/gate/src/authenticate/token-digest.ts");
  const { createAuthenticator } = await import("../../../server/gate/src/authenticate/authenticator.ts");
  vi.unstubAllGlobals();
  return { digestToken, createAuthenticator };
}

afterEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules();
});

describe("the digest of a token", () => {
  test("is its SHA-256, at once on Node", async () => {
    vi.resetModules();
    const { digestToken } = await import("../../../server/gate/src/authenticate/token-digest.ts");
    expect(digestToken(token)).toBe(expected);
  });

  test("is the same elsewhere, with a promise", async () => {
    const { digestToken } = await loadWithoutNode();
    const digest = digestToken(token);
    expect(digest).toBeInstanceOf(Promise);
    expect(await digest).toBe(expected);
  });

  test("finds verdicts elsewhere, too", async () => {
    const { createAuthenticator } = await loadWithoutNode();
    const authenticator = createAuthenticator({
      issuers: issuersOf(),
      revocations: { isRevoked: () => false },
      clock: createTestClock(ISSUED_AT_SECONDS * 1000),
      toleranceSeconds: 5,
      cacheEntries: 10,
    });
    const principal = await authenticator.authenticate(token);
    expect(principal.subject).toBe("usr_ada");
    expect(await authenticator.authenticate(token)).toBe(principal);
  });
});
