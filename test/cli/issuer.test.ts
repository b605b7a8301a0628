import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createSelfSigned } from "../support/self-signed.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { signToken } from "../support/tokens.ts";
import {
  check,
  checkJson,
  claimsOf,
  key,
  OAUTH,
  OPENID,
  other,
  rsa,
  startKeycloak,
  startPlain,
} from "./issuer-check/check.ts";
import { type Documents, startProvider } from "./issuer-check/fake-provider.ts";

describe("an issuer", () => {
  test("is checked by its metadata and keys, and its options are printed for code and file", async () => {
    await using provider = await startPlain();
    const { origin } = provider;
    const { code, out, err } = await check([origin]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain(`${origin}${OPENID}: found`);
    expect(out).toContain(`${origin}${OAUTH} was answered with status 404`);
    expect(out).toContain("1 of 1 can be used, for ES256; kid k1");
    expect(out).toContain(`{ issuer: "${origin}", keys: { discovery: true } },`);
    const { report } = await checkJson([origin]);
    expect(report.entry).toEqual({ issuer: origin, keys: { discovery: true } });
  });

  test("is recognized, and then its preset is printed", async () => {
    await using provider = await startKeycloak();
    const realm = `${provider.origin}/realms/acme`;
    const token = signToken(
      key,
      claimsOf(realm, { aud: ["account", "notes"], typ: "Bearer", realm_access: { roles: ["admin"] } }),
      { typ: "JWT" },
    );
    const { code, out } = await check([realm, "--token", "-"], `${token}\n`);
    expect(code).toBe(0);
    expect(out).toContain('import { keycloak } from "@countersign/server/issuers";');
    expect(out).toContain(`keycloak({ realm: "${realm}", audience: "notes" }),`);
    expect(out).toContain("the token is accepted: subject ada, scopes none, roles admin");
    const { report } = await checkJson([realm, "--token", "-"], token);
    expect(report.entry).toEqual({ preset: "keycloak", options: { realm, audience: "notes" } });
  });

  test("is the one that its metadata names, letter by letter", async () => {
    await using provider = await startPlain();
    const { report } = await checkJson([`${provider.origin}/`]);
    expect(report.entry.issuer).toBe(provider.origin);
    expect(report.notes.join("\n")).toContain(`the issuer is ${provider.origin}, not ${provider.origin}/`);
  });

  test("is found by the URL of its metadata, too", async () => {
    await using provider = await startProvider((origin) => ({
      "/metadata/acme?p=policy": { issuer: `${origin}/acme`, jwks_uri: `${origin}/keys` },
      "/keys": { keys: [key.jwk] },
    }));
    const metadataUri = `${provider.origin}/metadata/acme?p=policy`;
    const { code, report } = await checkJson([`${provider.origin}/acme`, "--metadata-url", metadataUri]);
    expect(code).toBe(0);
    expect(report.entry).toEqual({
      issuer: `${provider.origin}/acme`,
      keys: { discovery: true, metadataUri },
    });
    await using plain = await startPlain();
    expect((await checkJson([plain.origin + OPENID])).report.entry).toEqual({
      issuer: plain.origin,
      keys: { discovery: true },
    });
  });

  test("without metadata is checked by its keys", async () => {
    await using provider = await startProvider(() => ({ "/jwks": { keys: [key.jwk] } }));
    const url = `${provider.origin}/jwks`;
    const { code, report } = await checkJson([provider.origin, "--jwks-url", url]);
    expect(code).toBe(0);
    expect(report.entry).toEqual({ issuer: provider.origin, keys: { jwksUri: url } });
  });

  test("is asked with certificates of its own", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "ca.pem");
    const tls = createSelfSigned();
    await writeFile(file, tls.cert);
    await using provider = await startProvider(
      (origin) => ({
        [OPENID]: { issuer: origin, jwks_uri: `${origin}/keys` },
        "/keys": { keys: [key.jwk] },
      }),
      tls,
    );
    expect((await check([provider.origin])).code).toBe(1);
    const token = signToken(key, claimsOf(provider.origin));
    const { code, report } = await checkJson([provider.origin, "--ca", file, "--token", "-"], token);
    expect(report.entry.keys).toEqual({ discovery: true, caFile: file });
    expect(report.verdict.kind).toBe("accepted");
    expect(code).toBe(0);
    await writeFile(file, "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n");
    const broken = await check([provider.origin, "--ca", file]);
    expect(broken).toMatchObject({ code: 1, err: expect.stringContaining("has no certificate in PEM") });
  });

  test("is asked with the token of a file, which goes to its own origin only", async () => {
    await using folder = await createTemporaryFolder();
    const file = join(folder.path, "token");
    await writeFile(file, "hush.hush.hush\n");
    await using elsewhere = await startProvider(() => ({ "/keys": { keys: [key.jwk] } }));
    await using provider = await startProvider((origin) => ({
      [OPENID]: { issuer: origin, jwks_uri: `${elsewhere.origin}/keys` },
    }));
    const { code, out } = await check([provider.origin, "--bearer-token-file", file]);
    expect(code).toBe(0);
    expect(provider.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer hush.hush.hush",
      "Bearer hush.hush.hush",
    ]);
    expect(elsewhere.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
    expect(out).toContain(`"bearerTokenFile": ${JSON.stringify(file)}`);
    expect(out).not.toContain("hush");
  });
});

describe("what is unusual is said", () => {
  const unusual: readonly (readonly [string, readonly object[], Documents, string])[] = [
    ["a page of HTML", [key.jwk], { [OAUTH]: "<html>" }, `${OAUTH} is HTML, not JSON`],
    [
      "somebody else's metadata",
      [key.jwk],
      { [OAUTH]: { issuer: "https://other.example", jwks_uri: "https://other.example/keys" } },
      "is the metadata of https://other.example, not of http://127.0.0.1",
    ],
    ["keys without alg", [{ ...rsa.jwk, alg: undefined }], {}, "1 of 1 keys name no alg"],
    ["one kid twice", [key.jwk, other.jwk], {}, "2 keys have kid k1 and the same alg"],
    ["keys without kid", [{ ...key.jwk, kid: undefined }, rsa.jwk], {}, "1 of 2 keys have no kid"],
    [
      "key_ops without verify",
      [key.jwk, { ...rsa.jwk, key_ops: ["sign"] }],
      {},
      "has key_ops without verify",
    ],
    [
      "a curve of another kind",
      [key.jwk, { kty: "EC", crv: "secp256k1", x: "AA", y: "AA" }],
      {},
      "verifies nothing here",
    ],
    ["private keys", [{ ...key.jwk, d: "AA" }], {}, "1 of 1 keys are PRIVATE"],
    [
      "no signatures",
      [key.jwk],
      { [OAUTH]: { issuer: "x", id_token_signing_alg_values_supported: ["none"] } },
      "ID tokens without a signature (none)",
    ],
    ["what a terminal would obey", [{ ...key.jwk, kid: "\u001b[2J" }], {}, "kid \\u{1b}[2J"],
  ];
  test.each(unusual)("%s", async (_, keys, documents, says) => {
    await using provider = await startPlain(keys, documents);
    const { out } = await check([provider.origin]);
    expect(out).toContain(says);
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test("algorithms that are not accepted without an option", async () => {
    await using provider = await startPlain([{ ...rsa.jwk, alg: "RS512" }]);
    const { report } = await checkJson([provider.origin]);
    expect(report.entry).toMatchObject({ algorithms: ["RS512"] });
  });
});

describe("an issuer that cannot be trusted fails, with what was found", () => {
  const broken: readonly (readonly [string, Documents, string])[] = [
    ["no metadata", {}, "there is no metadata: name its keys with --jwks-url"],
    ["metadata without keys", { [OPENID]: { issuer: "x" } }, "its metadata names no key set"],
    ["metadata that is none", { [OPENID]: ["x"] }, "is not the metadata of an issuer"],
    ["a key set that is none", { [OPENID]: { issuer: "x", jwks_uri: "" } }, "its metadata names no key set"],
  ];
  test.each(broken)("%s", async (_, documents, says) => {
    await using provider = await startProvider(() => documents);
    const { code, out, err } = await check([provider.origin]);
    expect(code).toBe(1);
    expect(out).toContain(says);
    expect(err).toMatch(/^countersign issuer check: there are no keys of \S+ that can be used$/);
  });

  test.each([
    ["https://id.other.example/realms/acme", "https://id.other.example/realms/acme"],
    ["https://x.example/\u001b[2J\u202e", "https://x.example/\\u{1b}[2J\\u{202e}"],
    ["acme", "acme"],
  ])("no metadata, where the token is of another issuer, which is named: %j", async (iss, shown) => {
    await using provider = await startProvider(() => ({}));
    const { code, out } = await check([provider.origin, "--token", "-"], signToken(key, claimsOf(iss)));
    expect(code).toBe(1);
    expect(out).toContain(
      `the token says that its issuer is ${shown}: check that URL, not ${provider.origin}`,
    );
    expect(out).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test("no metadata, and a token of the issuer that was asked for", async () => {
    await using provider = await startProvider(() => ({}));
    const token = signToken(key, claimsOf(provider.origin));
    const { out } = await check([provider.origin, "--token", "-"], token);
    expect(out).not.toContain("check that URL");
  });

  test("keys that are no key set, or good for nothing", async () => {
    await using page = await startPlain([], { "/keys": "<html>" });
    expect(await check([page.origin])).toMatchObject({
      code: 1,
      out: expect.stringContaining("/keys is HTML, not JSON"),
    });
    await using empty = await startPlain([]);
    expect(await check([empty.origin])).toMatchObject({
      code: 1,
      out: expect.stringContaining("0 of 0 can be used"),
    });
  });
});
