import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { findCandidates, importKeys } from "../../../server/gate/src/keys/import-keys.ts";
import type { SignatureAlgorithm } from "../../../server/gate/src/keys/key-source.ts";
import { createSigningKey } from "../../support/tokens.ts";

const ALL: readonly SignatureAlgorithm[] = ["EdDSA", "ES256", "PS256", "RS256", "HS256"];
const ec = createSigningKey("ES256", "ec").jwk;
const ed = createSigningKey("EdDSA", "ed").jwk;
const rsa = createSigningKey("RS256", "rsa").jwk;
const smallRsa = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
const p384 = generateKeyPairSync("ec", { namedCurve: "P-384" }).publicKey.export({ format: "jwk" });

async function namesOf(keys: readonly unknown[], algorithms = ALL): Promise<readonly string[]> {
  const imported = await importKeys({ keys }, { algorithms });
  return [...imported.values()].map(({ kid, algorithm }) => `${algorithm} ${kid}`);
}

describe("a JWK Set (S5, R02, R10, R14, R86)", () => {
  test("gives each key one algorithm", async () => {
    expect(await namesOf([ec, ed, rsa])).toEqual(["ES256 ec", "EdDSA ed", "RS256 rsa"]);
  });

  test("gives an RSA key without alg once for each algorithm that it can verify", async () => {
    expect(await namesOf([{ ...rsa, alg: undefined }])).toEqual(["RS256 rsa", "PS256 rsa"]);
  });

  test("gives only keys of algorithms that the issuer may use", async () => {
    expect(await namesOf([ec, ed, rsa], ["EdDSA"])).toEqual(["EdDSA ed"]);
  });

  const passedOver: Readonly<Record<string, unknown>> = {
    "a key for encryption": { ...ec, use: "enc" },
    "a key for another operation": { ...ec, key_ops: ["sign"] },
    "operations that are not a list": { ...ec, key_ops: "verify" },
    "an alg of another type of key": { ...ec, alg: "RS256" },
    "alg none": { ...ec, alg: "none" },
    "an alg that is not text": { ...ec, alg: ["ES256"] },
    "another curve": p384,
    "a curve of another type of key": { ...ec, crv: "Ed25519" },
    "a shared secret": { kty: "oct", k: "A".repeat(86), alg: "HS256" },
    "a point that is not on the curve": { ...ec, y: ec.x },
    "a coordinate that is missing": { ...ec, y: undefined },
    "an RSA key of 1024 bits": { ...smallRsa, alg: "RS256" },
    "an RSA key with the exponent 1": { ...rsa, e: "AQ" },
    "an RSA key with an even exponent": { ...rsa, e: "AQAA" },
    "the point of order 1": { ...ed, x: Buffer.from(`01${"00".repeat(31)}`, "hex").toString("base64url") },
    "the point of order 2": { ...ed, x: Buffer.from(`ec${"ff".repeat(30)}7f`, "hex").toString("base64url") },
    "a point of order 4": { ...ed, x: Buffer.alloc(32).toString("base64url") },
    "a point of order 4, with the sign bit": {
      ...ed,
      x: Buffer.from(`${"00".repeat(31)}80`, "hex").toString("base64url"),
    },
    "a point of order 8": {
      ...ed,
      x: Buffer.from("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "hex").toString(
        "base64url",
      ),
    },
    "a kid that is neither text nor a number": { ...ec, kid: ["ec"] },
    "no kty": { ...ec, kty: undefined },
    null: null,
    text: "key",
    "an array": [],
  };
  for (const [what, jwk] of Object.entries(passedOver)) {
    test(`passes over ${what}, and takes the others`, async () => {
      expect(await namesOf([jwk, ed])).toEqual(["EdDSA ed"]);
    });
  }

  test("gives each key the algorithms that its type and curve can", async () => {
    const every = [...ALL, "Ed25519", "ES384", "ES512", "PS384", "PS512", "RS384", "RS512"] as const;
    const p521 = generateKeyPairSync("ec", { namedCurve: "P-521" }).publicKey.export({ format: "jwk" });
    const keys = [
      { ...p384, kid: "p384" },
      { ...p521, kid: "p521" },
      { ...ed, alg: undefined },
      { ...rsa, alg: undefined },
    ];
    expect((await namesOf(keys, every)).toSorted()).toEqual(
      [
        ...["ES384 p384", "ES512 p521", "EdDSA ed", "Ed25519 ed"],
        ...["RS256 rsa", "RS384 rsa", "RS512 rsa", "PS256 rsa", "PS384 rsa", "PS512 rsa"],
      ].toSorted(),
    );
  });

  test.each(["EdDSA", "Ed25519"])(
    "takes alg %s for both names of the one algorithm (RFC 9864)",
    async (alg) => {
      expect(await namesOf([{ ...ed, alg }], ["EdDSA", "Ed25519"])).toEqual(["EdDSA ed", "Ed25519 ed"]);
      expect(await namesOf([{ ...ed, alg }], ["Ed25519"])).toEqual(["Ed25519 ed"]);
    },
  );

  test("takes an empty kid for none, and a number for its digits", async () => {
    const kids = ["", null, undefined, 7, "__proto__"];
    expect(await namesOf(kids.map((kid) => ({ ...ec, kid })))).toEqual([
      "ES256 undefined",
      "ES256 7",
      "ES256 __proto__",
    ]);
  });

  test("takes keys of other uses only where they are named", async () => {
    const keys = [
      { ...ec, use: "jwt-svid" },
      { ...ed, use: "x509-svid" },
    ];
    expect(await namesOf(keys)).toEqual([]);
    const imported = await importKeys({ keys }, { algorithms: ALL, uses: ["jwt-svid", "sig"] });
    expect([...imported.values()].map(({ kid }) => kid)).toEqual(["ec"]);
  });

  test("says which key is passed over and why, and nothing of one for encryption", async () => {
    const said: string[] = [];
    const keys = [
      { ...ec, use: "enc" },
      { ...rsa, use: "enc", alg: "RSA-OAEP" },
      { ...ec, key_ops: ["sign"] },
      { ...ec, kid: "p-256\u001b[2J", alg: "RS256" },
      { ...smallRsa, kid: "" },
      { kty: "RSA", kid: "only-x5c", x5c: ["MII="] },
      { kty: "oct", k: "c2VjcmV0", kid: "secret" },
      { ...ec, use: "jwt-svid" },
      { ...ec, y: ec.x },
      null,
    ];
    await importKeys({ keys }, { algorithms: ALL, onPassedOver: (why) => said.push(why) });
    expect([...new Set(said)]).toEqual([
      'the key "ec" has key_ops without verify',
      'the key "p-256\\\\u{1b}[2J" has alg RS256, which its type cannot verify',
      'the key "only-x5c" has no modulus n',
      'the key "secret" is of type oct, which verifies nothing here',
      'the key "ec" has use jwt-svid',
      "a key without kid is no JWK: it has no kty",
      "a key without kid is too weak: the modulus is not of 2048 to 8192 bits",
      'the key "ec" cannot be imported for ES256',
    ]);
  });

  test("takes a key that may verify, whatever else it may do", async () => {
    expect(await namesOf([{ ...ec, key_ops: ["verify", "sign"], use: undefined }])).toEqual(["ES256 ec"]);
  });

  test("takes nothing of a private key over", async () => {
    const { privateKey } = createSigningKey("ES256", "ec");
    const jwk = privateKey.export({ format: "jwk" });
    const [key] = (await importKeys({ keys: [jwk] }, { algorithms: ["ES256"] })).values();
    expect(key?.key.type).toBe("public");
    expect(key?.key.usages).toEqual(["verify"]);
  });

  test("keeps keys that are known already, by all that they are made of", async () => {
    const known = await importKeys({ keys: [ec, ed] }, { algorithms: ALL });
    const again = await importKeys({ keys: [ed, { ...ec, x5t: "other" }, rsa] }, { algorithms: ALL, known });
    expect([...again.values()].map((key) => [...known.values()].includes(key))).toEqual([true, true, false]);
    const renamed = await importKeys({ keys: [{ ...ec, kid: "other" }] }, { algorithms: ALL, known });
    expect([...known.values()]).not.toContain([...renamed.values()][0]);
  });

  for (const document of [
    undefined,
    null,
    [],
    "",
    {},
    { keys: {} },
    { keys: "[]" },
    { keys: Array(101).fill(ec) },
  ]) {
    test(`is not ${JSON.stringify(document)?.slice(0, 40)}`, async () => {
      await expect(importKeys(document, { algorithms: ALL })).rejects.toThrowError(
        new TypeError("the document is not a JWK Set of at most 100 keys"),
      );
    });
  }

  test("may have 100 keys", () => {
    expect(findCandidates({ keys: Array(100).fill(ec) }, { algorithms: ALL })).toHaveLength(100);
  });
});
