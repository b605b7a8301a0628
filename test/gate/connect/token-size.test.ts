import { Code } from "@connectrpc/connect";
import { describe, expect, test } from "vitest";
import { notEmpty } from "../../support/not-empty.ts";
import { goodClaims, signToken } from "../../support/tokens.ts";
import { issuerKey, setUpGate } from "./fixtures.ts";

/** A good token of a length of choice, to the next four characters. */
function tokenOf(bytes: number): string {
  const pad = (chars: number): string => signToken(issuerKey, goodClaims({ pad: "x".repeat(chars) }));
  const bare = pad(0).length;
  return pad(Math.floor(((bytes - bare) * 3) / 4));
}

describe("a token that is too long", () => {
  test("is refused with both lengths, which the caller learns: they are no secret, and the next token is as long", async () => {
    const { decide, events } = setUpGate();
    const token = tokenOf(12_000);
    const message = `the access token has ${token.length} bytes, and this server takes 8192 at the most`;
    expect(await decide("Call", { authorization: `Bearer ${token}` })).toMatchObject({
      code: Code.Unauthenticated,
      reason: "TOKEN_INVALID",
      message,
      metadata: { cause: "token_too_long", token_bytes: String(token.length), max_token_bytes: "8192" },
      challenge: `Bearer realm="countersign", error="invalid_request", error_description="${message}"`,
    });
    expect(events).toMatchObject([
      { check: "token_size", expected: "at most 8192 bytes", got: `${token.length} bytes` },
    ]);
  });

  test("is one that is longer than the option says, by a byte", async () => {
    const token = tokenOf(12_000);
    for (const [maxTokenBytes, reason] of [
      [token.length, undefined],
      [token.length - 1, "TOKEN_INVALID"],
    ] as const) {
      const { decide } = setUpGate({ maxTokenBytes });
      expect((await decide("Call", { authorization: `Bearer ${token}` }))?.reason).toBe(reason);
    }
  });

  test.each(notEmpty([0, -1, 1.5, Number.NaN, 65_537, "8192"]))(
    "cannot be defined by %s",
    (maxTokenBytes) => {
      const options = { maxTokenBytes } as { maxTokenBytes: number };
      expect(() => setUpGate(options)).toThrowError(/\bmaxTokenBytes must be /);
    },
  );
});
