import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it } from "vitest";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "../../../server/src/issue/metadata.ts";

describe("toJwksDocument", () => {
  it("publishes no private member of any kind of key (RFC 7517 §8)", async () => {
    const pairs = await Promise.all(
      ["ES256", "RS256", "EdDSA"].map((algorithm) => generateKeyPair(algorithm, { extractable: true })),
    );
    const jwks = await Promise.all(pairs.map(({ privateKey }) => exportJWK(privateKey)));
    const secret = { kty: "oct", k: "c2VjcmV0", kid: "symmetric" };
    const { keys } = toJwksDocument([...jwks, secret]);
    const members = new Set(keys.flatMap((key) => Object.keys(key)));
    expect([...members].toSorted()).toEqual(["crv", "e", "kid", "kty", "n", "x", "y"]);
  });
});

describe("the metadata", () => {
  it("names the issuer exactly and no endpoint that does not exist (RFC 8414 §3.3)", () => {
    const issuer = "https://auth.example";
    expect(toMetadataDocument(issuer)).toEqual({
      issuer,
      jwks_uri: "https://auth.example/.well-known/jwks.json",
      response_types_supported: [],
      grant_types_supported: [],
    });
    expect(toMetadataDocument(`${issuer}/`)).toMatchObject({
      issuer: "https://auth.example/",
      jwks_uri: "https://auth.example/.well-known/jwks.json",
    });
    expect(toOpenIdDocument(issuer)).toMatchObject({
      issuer,
      id_token_signing_alg_values_supported: ["ES256"],
    });
    expect(Object.keys(toOpenIdDocument(issuer)).filter((name) => name.endsWith("_endpoint"))).toEqual([]);
  });
});
