import { describe, expect, it } from "vitest";
import { deriveKey, seal, unseal } from "../../../server/issuer/src/keys/seal.ts";

const secret = new Uint8Array(32).fill(3);
const key = deriveKey(secret, "signing-key");

describe("seal", () => {
  it("opens with the same key in the same context, and nowhere else", () => {
    const sealed = seal(key, "a private key", "row 1");
    expect(unseal(key, sealed, "row 1")).toBe("a private key");
    expect(unseal(key, sealed, "row 2")).toBeUndefined();
    expect(unseal(deriveKey(secret, "refresh-token-mac"), sealed, "row 1")).toBeUndefined();
    expect(unseal(deriveKey(new Uint8Array(32), "signing-key"), sealed, "row 1")).toBeUndefined();
  });

  it("looks different each time and shows nothing of the text", () => {
    const [a, b] = [seal(key, "text", "c"), seal(key, "text", "c")];
    expect(a).not.toBe(b);
    expect(Buffer.from(a.slice(3), "base64url").includes("text")).toBe(false);
  });

  it("does not open when any character was changed, or some are missing", () => {
    // 33 bytes with nonce and tag: base64url without spare bits, which would change nothing.
    const sealed = seal(key, "5 chr", "c");
    for (let at = 0; at < sealed.length; at++) {
      const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1);
      expect(unseal(key, changed, "c"), `changed at ${at}`).toBeUndefined();
      expect(unseal(key, sealed.slice(0, at), "c"), `cut at ${at}`).toBeUndefined();
    }
  });
});
