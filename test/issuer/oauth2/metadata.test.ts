import { exportJWK, generateKeyPair } from "jose";
import { describe, expect, it } from "vitest";
import {
  toJwksDocument,
  toMetadataDocument,
  toOpenIdDocument,
} from "../../../server/issuer/src/oauth2/metadata.ts";

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
  it("names the issuer exactly, and every endpoint below it (RFC 8414 §3.3)", () => {
    for (const issuer of ["https://auth.example", "https://auth.example/"]) {
      const metadata = toMetadataDocument(issuer);
      expect(metadata.issuer).toBe(issuer);
      expect(Object.entries(metadata).filter(([name]) => /_(endpoint|uri)$/.test(name))).toEqual([
        ["jwks_uri", "https://auth.example/.well-known/jwks.json"],
        ["token_endpoint", "https://auth.example/oauth2/token"],
        ["revocation_endpoint", "https://auth.example/oauth2/revoke"],
        ["introspection_endpoint", "https://auth.example/oauth2/introspect"],
      ]);
    }
  });

  it("offers neither the password grant nor a page to authorize at (RFC 9700 §2.4)", () => {
    const metadata = toMetadataDocument("https://auth.example");
    expect(metadata.response_types_supported).toEqual([]);
    expect(metadata.grant_types_supported).toEqual([
      "client_credentials",
      "refresh_token",
      "urn:ietf:params:oauth:grant-type:jwt-bearer",
      "urn:ietf:params:oauth:grant-type:token-exchange",
    ]);
  });

  it("names the resources that tokens can be asked for, if there are any (RFC 9728 §4)", () => {
    const resources = ["https://notes.example.com"];
    for (const build of [toMetadataDocument, toOpenIdDocument]) {
      expect(build("https://auth.example", { resources })).toMatchObject({ protected_resources: resources });
      expect(build("https://auth.example")).not.toHaveProperty("protected_resources");
    }
  });

  it("says what proofs are signed with, and where clients show certificates (RFC 9449 §5.1, RFC 8705 §5)", () => {
    expect(toMetadataDocument("https://auth.example").dpop_signing_alg_values_supported).toContain("ES256");
    expect(toMetadataDocument("https://auth.example")).not.toHaveProperty("mtls_endpoint_aliases");
    const mtlsUrl = "https://mtls.auth.example";
    expect(toMetadataDocument("https://auth.example", { mtlsUrl })).toMatchObject({
      tls_client_certificate_bound_access_tokens: true,
      token_endpoint_auth_methods_supported: expect.arrayContaining([
        "tls_client_auth",
        "self_signed_tls_client_auth",
      ]),
      mtls_endpoint_aliases: {
        token_endpoint: `${mtlsUrl}/oauth2/token`,
        revocation_endpoint: `${mtlsUrl}/oauth2/revoke`,
        introspection_endpoint: `${mtlsUrl}/oauth2/introspect`,
      },
    });
  });

  it("lets nobody ask about tokens without a proof (RFC 7662 §2.1)", () => {
    const metadata = toMetadataDocument("https://auth.example");
    expect(metadata.token_endpoint_auth_methods_supported).toContain("none");
    expect(metadata.introspection_endpoint_auth_methods_supported).not.toContain("none");
  });

  it("says to clients of OpenID Connect what they insist on", () => {
    expect(toOpenIdDocument("https://auth.example")).toMatchObject({
      issuer: "https://auth.example",
      id_token_signing_alg_values_supported: ["ES256"],
    });
  });
});
