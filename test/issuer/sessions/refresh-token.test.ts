import { describe, expect, it } from "vitest";
import {
  createRefreshToken,
  createSessionId,
  hashRefreshToken,
  isSameHash,
  parseRefreshToken,
} from "../../../server/issuer/src/sessions/refresh-token.ts";

const key = new Uint8Array(32).fill(1);

/** Change the character at one place to another of base64url. */
function alter(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
}

describe("a refresh token", () => {
  it("tells its session and generation to who has the key", () => {
    const sessionId = createSessionId();
    const token = createRefreshToken(key, sessionId, 4_000_000_000);
    expect(parseRefreshToken(key, token.text)).toEqual(token);
    expect(token).toMatchObject({ sessionId, generation: 4_000_000_000 });
    expect(parseRefreshToken(new Uint8Array(32), token.text)).toBeUndefined();
  });

  it("is another one each time", () => {
    const sessionId = createSessionId();
    const texts = Array.from({ length: 100 }, () => createRefreshToken(key, sessionId, 1).text);
    expect(new Set(texts).size).toBe(100);
  });

  it("is not taken for genuine when any character of it is changed", () => {
    const { text } = createRefreshToken(key, createSessionId(), 3);
    const genuine = Array.from(text, (_, at) => parseRefreshToken(key, alter(text, at))).filter(
      (token) => token !== undefined,
    );
    expect(genuine).toEqual([]);
  });

  for (const text of ["", "csr_", "csr_x", `csr_${"A".repeat(91)}`, `csr_${"A".repeat(100_000)}`, "csr_é"]) {
    it(`is not ${JSON.stringify(text.slice(0, 12))} with ${text.length} characters`, () => {
      expect(parseRefreshToken(key, text)).toBeUndefined();
    });
  }

  it("is stored as a hash that only the same token has", () => {
    const [a, b] = [
      createRefreshToken(key, createSessionId(), 1),
      createRefreshToken(key, createSessionId(), 1),
    ];
    expect(isSameHash(hashRefreshToken(a), hashRefreshToken({ ...a }))).toBe(true);
    expect(isSameHash(hashRefreshToken(a), hashRefreshToken(b))).toBe(false);
    expect(isSameHash(hashRefreshToken(a), "")).toBe(false);
    expect(hashRefreshToken(a)).not.toContain(a.text.slice(4, 30));
  });
});
