import { describe, expect, test } from "vitest";
import { verifyToken } from "../../../server/gate/src/authenticate/verify-token.ts";
import type { IssuerOptions } from "../../../server/gate/src/connect/issuer-options.ts";

import type { KeyOptions } from "../../../server/gate/src/connect/key-options.ts";
import { resolveIssuer } from "../../../server/gate/src/connect/resolve-issuer.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { craftToken, createSigningKey, goodClaims, macOf, signToken } from "../../support/tokens.ts";
import { issuersOf, refusalOf } from "../authenticate/fixtures.ts";

const secret = Buffer.alloc(32, 7);
const [one, two, third] = ["one", "two", "third"].map((kid) => createSigningKey("ES256", kid)) as [
  ReturnType<typeof createSigningKey>,
  ReturnType<typeof createSigningKey>,
  ReturnType<typeof createSigningKey>,
];
const jwks = (...keys: readonly object[]): KeyOptions => ({ jwks: { keys } });

function resolve(keys: IssuerOptions["keys"], options: Partial<IssuerOptions> = {}) {
  const warnings: string[] = [];
  const issuer = resolveIssuer(
    { issuer: "https://issuer.example", keys, ...options },
    { audience: "ledger", clock: createTestClock(), onWarning: (warning) => warnings.push(warning) },
  );
  const verify = (token: string) => verifyToken(token, issuersOf(issuer));
  return { issuer, warnings, verify, refuse: (token: string) => refusalOf(() => verify(token)) };
}

const macToken = (of: Uint8Array = secret) =>
  craftToken({ alg: "HS256", typ: "at+jwt" }, goodClaims(), macOf(of));
const SIGNATURE = { reason: "TOKEN_INVALID", message: "the signature does not verify" };

describe("the keys of an issuer (S4, S5)", () => {
  test("may be an old secret beside a new key set: tokens of both are good, and no public key passes for a secret", async () => {
    const { issuer, verify, refuse } = resolve([{ sharedSecret: secret }, jwks(one.jwk)]);
    expect(issuer.algorithms).toEqual(["EdDSA", "Ed25519", "ES256", "PS256", "RS256", "HS256"]);
    expect((await verify(macToken())).principal.subject).toBe("usr_ada");
    expect((await verify(signToken(one))).key.kid).toBe("one");
    expect(await refuse(macToken(Buffer.from(JSON.stringify(one.jwk))))).toEqual(SIGNATURE);
    expect(await refuse(macToken(Buffer.alloc(32, 8)))).toEqual(SIGNATURE);
  });

  test("may be a secret beside a key set that is down: a token that the secret should sign asks the secret alone", async () => {
    const fetch = () => Promise.reject(new Error("down"));
    const { verify, refuse } = resolve([
      { jwksUri: "https://issuer.example/jwks", fetch },
      { sharedSecret: secret },
    ]);
    expect(await refuse(macToken(Buffer.alloc(32, 8)))).toEqual(SIGNATURE);
    expect((await verify(macToken())).principal.subject).toBe("usr_ada");
    expect(await refuse(signToken(one))).toMatchObject({ reason: "AUTH_UNAVAILABLE" });
  });

  test("are refused beside hosts for http:// that are none, also where nothing is fetched", () => {
    for (const host of ["keycloak", "keycloak:99999", "http://keycloak:8080"]) {
      expect(() => resolve(jwks(one.jwk), { insecure: { allowHttpHosts: [host] } })).toThrow(
        "must be a host in lower case with its port",
      );
    }
  });

  test("may be a source that says it has a secret, and then only", async () => {
    const { keys } = resolve([{ sharedSecret: secret }]).issuer;
    const { verify, refuse } = resolve([{ source: keys }], { algorithms: ["HS256"] });
    await verify(macToken());
    expect(await refuse(macToken(Buffer.alloc(32, 8)))).toEqual(SIGNATURE);
    for (const hasSharedSecret of [undefined, false, "true" as unknown as boolean]) {
      const source = {
        find: keys.find,
        isTrusted: keys.isTrusted,
        ...(hasSharedSecret === undefined ? {} : { hasSharedSecret }),
      };
      expect(() => resolve([{ source }], { algorithms: ["HS256"] })).toThrow(
        "algorithm HS256 is for a shared secret, and keys have none",
      );
    }
  });

  test("may be several secrets, and several key sets", async () => {
    const other = Buffer.alloc(32, 8);
    const { verify } = resolve([
      { sharedSecret: secret },
      { sharedSecret: other },
      jwks(one.jwk),
      jwks(two.jwk),
    ]);
    for (const token of [macToken(), macToken(other), signToken(one), signToken(two)]) {
      expect((await verify(token)).principal.subject).toBe("usr_ada");
    }
  });

  test("are tried one after the other when the header does not tell them apart, and the verdict knows which it was", async () => {
    const unnamed = [one, two].map(({ jwk }) => ({ ...jwk, kid: undefined }));
    const twins = [one, two].map(({ jwk }) => ({ ...jwk, kid: "twin" }));
    for (const [keys, kid] of [
      [unnamed, undefined],
      [unnamed, "any"],
      [unnamed, ""],
      [unnamed, 7],
      [twins, "twin"],
      [twins, undefined],
    ] as const) {
      const { issuer, verify, refuse } = resolve(jwks(...keys));
      const verdicts = await Promise.all(
        [one, two].map((key) => verify(signToken(key, goodClaims(), { kid }))),
      );
      expect(new Set(verdicts.map(({ key }) => key)).size).toBe(2);
      expect(verdicts.every(({ key }) => issuer.keys.isTrusted(key))).toBe(true);
      expect(await refuse(signToken(third, goodClaims(), { kid }))).toEqual(SIGNATURE);
    }
  });

  test("are not tried beyond four, and a line says so once", async () => {
    const keys = Array.from({ length: 5 }, (_, at) => createSigningKey("ES256", `key-${at}`));
    const { verify, refuse, warnings } = resolve(jwks(...keys.map(({ jwk }) => jwk)));
    const tokens = keys.map((key) => signToken(key, goodClaims(), { kid: undefined }));
    expect((await verify(tokens[3] ?? "")).key.kid).toBe("key-3");
    expect(await refuse(tokens[4] ?? "")).toEqual(SIGNATURE);
    expect((await verify(signToken(keys[4] ?? one))).key.kid).toBe("key-4");
    expect(warnings).toEqual([
      "issuer https://issuer.example: 5 of its keys fit one token, and only 4 of them are tried: give them names (kid)",
    ]);
  });

  test("of a trust domain of SPIFFE may have its use, and of others may not", async () => {
    const keys = jwks({ ...one.jwk, use: "jwt-svid" });
    expect(() => resolve(keys)).toThrowError("the JWK Set has no public key for the allowed algorithms");
    // The name of the option is what decides here, and it is read of any options.
    const options: Partial<IssuerOptions> & { readonly identifiedBy: "spiffe_id" } = {
      identifiedBy: "spiffe_id",
    };
    expect(() => resolve(keys, { ...options, issuer: "spiffe://acme.example" })).not.toThrowError();
  });

  const source = { find: () => undefined, isTrusted: () => false };
  const wrong: Readonly<Record<string, readonly [keys: unknown, message: string, options?: object]>> = {
    "no kind": [{}, "keys need exactly one of jwks, jwksUri, discovery, sharedSecret and source"],
    "two kinds": [{ jwks: { keys: [one.jwk] }, source }, "keys need exactly one of"],
    "a kind that is undefined": [{ jwks: undefined }, "keys need exactly one of"],
    "a misspelt kind": [
      { jwskUri: "https://issuer.example" },
      "keys has no option jwskUri: did you mean jwksUri?",
    ],
    "a member of another kind": [
      { jwksUri: "https://issuer.example", metadataUri: "https://issuer.example" },
      "keys with jwksUri has no option metadataUri",
    ],
    "an empty list": [[], "keys must not be an empty list"],
    nothing: [undefined, "keys must say where its keys are"],
    text: ["https://issuer.example/jwks", "keys must say where its keys are"],
    "a list with null": [[null], "keys must be an object, or a list of some"],
    "discovery that is false": [{ discovery: false }, "discovery must be true"],
    "a secret as text": [{ sharedSecret: "secret" }, "sharedSecret must be a Uint8Array of bytes"],
    "a short secret": [{ sharedSecret: new Uint8Array(31) }, "needs at least 32 bytes"],
    "a source without isTrusted": [
      { source: { find: source.find } },
      "source must have the methods find and isTrusted",
    ],
    "a source that is null": [{ source: null }, "source must have the methods find and isTrusted"],
    "no key set": [{ jwks: { keys: {} } }, "the document is not a JWK Set of at most 100 keys"],
    "headers that are none": [
      { jwksUri: "https://issuer.example", headers: { authorization: "a\r\nb" } },
      "headers must be header fields, each of them text",
    ],
    "a fetch that is none": [
      { jwksUri: "https://issuer.example", fetch: "fetch" },
      "fetch must be a function",
    ],
    "a URL that is not text": [{ jwksUri: 7 }, "jwksUri 7 must be an https:// URL"],
    "an algorithm that is not known": [
      jwks(one.jwk),
      'algorithm "none" is not known: there are ES256, ES384, ES512, EdDSA, Ed25519, RS256',
      { algorithms: ["none"] },
    ],
    "an algorithm of secrets without one": [
      jwks(one.jwk),
      "algorithm HS256 is for a shared secret, and keys have none",
      { algorithms: ["HS256"] },
    ],
    "an algorithm of public keys without one": [
      { sharedSecret: secret },
      "algorithm ES256 is for a public key, and keys have none",
      { algorithms: ["ES256"] },
    ],
    "two algorithms for a secret": [
      { sharedSecret: secret },
      "a shared secret is for one algorithm",
      { algorithms: ["HS256", "HS512"] },
    ],
    "no algorithm for its secret": [
      [{ sharedSecret: secret }, jwks(one.jwk)],
      "a shared secret needs one of HS256, HS384 and HS512 among algorithms",
      { algorithms: ["ES256"] },
    ],
    "discovery of an issuer that is no URL": [{ discovery: true }, "the issuer", { issuer: "urn:issuer" }],
  };
  for (const [what, [keys, message, options = {}]] of Object.entries(wrong)) {
    test(`are refused with ${what}, and the error names the issuer`, () => {
      const issuer = "issuer" in options ? String(options.issuer) : "https://issuer.example";
      const make = () => resolve(keys as KeyOptions, options); // wrong on purpose
      expect(make).toThrowError(TypeError);
      expect(make).toThrowError(`issuer ${issuer}: `);
      expect(make).toThrowError(message);
    });
  }
});
