import { describe, expect, test } from "vitest";
import { createKeySet } from "../../../server/gate/src/keys/key-set.ts";
import type { VerificationKey } from "../../../server/gate/src/keys/key-source.ts";
import { createSharedSecret } from "../../../server/gate/src/keys/shared-secret.ts";
import { createStaticKeys } from "../../../server/gate/src/keys/static-keys.ts";
import { oneKey } from "../../support/one-key.ts";
import { createSigningKey } from "../../support/tokens.ts";

const one = createSigningKey("ES256", "one");

describe("static keys (S5)", () => {
  test("are waited for once and then answer at once", async () => {
    const keys = createStaticKeys({ keys: [one.jwk] }, ["ES256"]);
    const first = keys.find("one", "ES256");
    expect(first).toBeInstanceOf(Promise);
    const key = await oneKey(first);
    expect(key.kid).toBe("one");
    expect(keys.find("one", "ES256")).toBe(key);
    expect(keys.isTrusted(key)).toBe(true);
  });

  test("trust no key of another source", async () => {
    const find = () => createStaticKeys({ keys: [one.jwk] }, ["ES256"]).find("one", "ES256");
    const key = await oneKey(find());
    const other = createStaticKeys({ keys: [one.jwk] }, ["ES256"]);
    expect(other.isTrusted(key)).toBe(false);
    await other.find("one", "ES256");
    expect(other.isTrusted(key)).toBe(false);
  });

  test("are refused when made if the document has none that could be meant", () => {
    const none = new TypeError("the JWK Set has no public key for the allowed algorithms");
    expect(() => createStaticKeys({ keys: [] }, ["ES256"])).toThrowError(none);
    expect(() => createStaticKeys({ keys: [one.jwk] }, ["EdDSA"])).toThrowError(none);
    expect(() => createStaticKeys("keys", ["ES256"])).toThrowError(TypeError);
  });

  test("are refused when used if all are broken", async () => {
    const keys = createStaticKeys({ keys: [{ ...one.jwk, y: one.jwk.x }] }, ["ES256"]);
    await expect(keys.find("one", "ES256")).rejects.toThrowError(
      new TypeError("the JWK Set has no usable key for the allowed algorithms"),
    );
  });
});

describe("a key set (S4)", () => {
  const key = (
    kid: string | undefined,
    algorithm: VerificationKey["algorithm"] = "ES256",
  ): VerificationKey => ({
    kid,
    algorithm,
    key: {} as CryptoKey, // never used here
  });
  const [a, b, ed] = [key("a"), key("b"), key("a", "EdDSA")];

  test("finds by name and algorithm", () => {
    const set = createKeySet([a, b, ed]);
    expect([set.find("a", "ES256"), set.find("b", "ES256"), set.find("a", "EdDSA")]).toEqual([a, b, ed]);
    expect(set.find("b", "EdDSA")).toBeUndefined();
    expect(set.find("", "ES256")).toBeUndefined();
    expect(set.find("toString", "ES256")).toBeUndefined();
  });

  test("finds without a name every key of an algorithm", () => {
    const set = createKeySet([a, b, ed]);
    expect(set.find(undefined, "EdDSA")).toBe(ed);
    expect(set.find(undefined, "ES256")).toEqual([a, b]);
    expect(set.find(undefined, "RS256")).toBeUndefined();
  });

  test("finds all keys that bear one name", () => {
    const [second, third] = [key("a"), key("a")];
    expect(createKeySet([a, b, second]).find("a", "ES256")).toEqual([a, second]);
    expect(createKeySet([a, second, third]).find("a", "ES256")).toEqual([a, second, third]);
  });

  test("finds keys without a name where none bears that of the token", () => {
    const [unnamed, other] = [key(undefined), key(undefined)];
    const set = createKeySet([a, unnamed, other]);
    expect(set.find("a", "ES256")).toBe(a);
    expect(set.find("b", "ES256")).toEqual([unnamed, other]);
    expect(set.find("undefined", "ES256")).toEqual([unnamed, other]);
    expect(set.find("b", "EdDSA")).toBeUndefined();
    expect(set.find(undefined, "ES256")).toEqual([a, unnamed, other]);
  });

  test("finds four keys at the most, and says when more fit", () => {
    const many = Array.from({ length: 6 }, () => key("a"));
    const fitting: number[] = [];
    const set = createKeySet([...many, b], (count) => fitting.push(count));
    expect(set.find("a", "ES256")).toEqual(many.slice(0, 4));
    expect(fitting).toEqual([6]);
    expect(set.find("b", "ES256")).toBe(b);
    expect(fitting).toEqual([6]);
  });
});

describe("a shared secret (S4, R10)", () => {
  for (const [algorithm, bytes] of [
    ["HS256", 32],
    ["HS384", 48],
    ["HS512", 64],
  ] as const) {
    test(`for ${algorithm} has at least ${bytes} bytes`, async () => {
      expect(() => createSharedSecret(new Uint8Array(bytes - 1), algorithm)).toThrowError(
        new TypeError(`a shared secret for ${algorithm} needs at least ${bytes} bytes`),
      );
      const key = await oneKey(createSharedSecret(new Uint8Array(bytes), algorithm).find("any", algorithm));
      expect(key.algorithm).toBe(algorithm);
      expect(key.key.extractable).toBe(false);
    });
  }

  test("is found under any name, for its one algorithm", async () => {
    const source = createSharedSecret(new Uint8Array(64), "HS256");
    const key = await oneKey(source.find(undefined, "HS256"));
    expect(source.find("other", "HS256")).toBe(key);
    expect(await source.find("other", "HS512")).toBeUndefined();
    expect(source.isTrusted(key)).toBe(true);
  });

  test("is copied: whoever made it may wipe it", async () => {
    const bytes = new Uint8Array(32).fill(1);
    const source = createSharedSecret(bytes, "HS256");
    bytes.fill(0);
    const key = await oneKey(source.find(undefined, "HS256"));
    const wiped = await oneKey(createSharedSecret(bytes, "HS256").find(undefined, "HS256"));
    const message = new Uint8Array(4);
    const signer = await crypto.subtle.importKey(
      "raw",
      new Uint8Array(32).fill(1),
      { name: "HMAC", hash: "SHA-256" },
      false,
      ["sign"],
    );
    const mac = await crypto.subtle.sign("HMAC", signer, message);
    expect(await crypto.subtle.verify("HMAC", key.key, mac, message)).toBe(true);
    expect(await crypto.subtle.verify("HMAC", wiped.key, mac, message)).toBe(false);
  });
});
