import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTrustedIssuers } from "../../server/cli/src/trusted-issuers.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { ignore, readOne, readText } from "./issuer-file/read-file.ts";

const issuer = "https://id.example.com";
const keys = { discovery: true };

describe("an issuer of the file", () => {
  test("is trusted by the options that createAuth has", async () => {
    const entry = {
      issuer: `${issuer}/{tenantid}/v2.0`,
      keys: { discovery: true, metadataUri: `${issuer}/metadata`, metadataIssuer: `${issuer}/common` },
      identifiedBy: "iss",
      tenants: { claim: "tid", allowed: ["acme"] },
      audiences: ["a"],
      tokenAudience: "a",
      algorithms: ["ES384", "HS512"],
      types: ["JWT"],
      claims: {
        scopes: ["scope", "permissions"],
        roles: [
          { path: ["realm_access", "roles"] },
          { path: ["groups"], member: "key" },
          { path: ["o"], objectKeys: true },
        ],
        subject: "oid",
        clientId: ["azp", "appid"],
        audience: { path: ["https://id.example.com/audience"] },
      },
      requiredClaims: { token_use: "access", ver: ["1.0", "2.0"], level: 2, verified: true },
      forbiddenClaims: ["nonce"],
      requireProfileClaims: true,
      insecure: {
        allowMissingType: true,
        maxTokenLifeSeconds: 100_000,
        allowMissingIssuedAt: true,
        allowMissingSubject: true,
        allowMissingAudience: true,
        allowHttpHosts: ["keycloak:8080"],
      },
    };
    expect(await readOne(entry)).toEqual(entry);
  });

  test("has keys in any place, or in several", async () => {
    const jwks = { keys: [{ kty: "EC" }] };
    expect(await readOne({ issuer, keys: { jwks } })).toEqual({ issuer, keys: { jwks } });
    const jwksUri = `${issuer}/jwks`;
    const headers = { "x-key": "hush" };
    expect(await readOne({ issuer, keys: [{ jwksUri, headers }, { jwks }] })).toEqual({
      issuer,
      keys: [{ jwksUri, headers }, { jwks }],
    });
  });

  test("has the shared secret of a file beside it, without the line end of an editor", async () => {
    const entry = { issuer, keys: { sharedSecretFile: "secret" } };
    for (const end of ["", "\n", "\r\n"]) {
      const read = await readOne(entry, { secret: `hush hush\n${end}` });
      const expected = end === "" ? "hush hush" : "hush hush\n";
      expect(read?.keys).toEqual({ sharedSecret: Buffer.from(expected) });
    }
  });

  test("has the token of a file in each request for keys, as it is then", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "issuers.json");
    const tokenPath = join(folder.path, "token");
    const jwksUri = "https://kubernetes.default.svc/openid/v1/jwks";
    await writeFile(tokenPath, "first\n");
    await writeFile(
      path,
      JSON.stringify([{ issuer, keys: { jwksUri, bearerTokenFile: "token", headers: { "x-a": "b" } } }]),
    );
    const [entry] = await readTrustedIssuers(path, ignore);
    expect(await headersOf(entry?.keys)).toEqual({ authorization: "Bearer first", "x-a": "b" });
    await writeFile(tokenPath, "second");
    expect(await headersOf(entry?.keys)).toEqual({ authorization: "Bearer second", "x-a": "b" });
    await writeFile(tokenPath, "two words");
    await expect(headersOf(entry?.keys)).rejects.toThrow(
      `${tokenPath} must have a token in it, and nothing else`,
    );
  });

  test("can be one of a list within an object, which names the schema", async () => {
    const file = {
      $schema: "./node_modules/countersign/trusted-issuers.schema.json",
      issuers: [{ issuer, keys }],
    };
    expect((await readText(JSON.stringify(file))).entries).toEqual([{ issuer, keys }]);
  });

  test("is nobody without a file", async () => {
    expect(await readTrustedIssuers(undefined, ignore)).toEqual([]);
  });

  test("may say what its tokens can be exchanged for", async () => {
    const exchange = {
      subject: "repository",
      scopes: ["notes:read"],
      roles: { ops: ["admin"] },
      require: { repository_owner: "acme" },
      audiences: ["a"],
      types: ["jwt"],
      untyped: true,
      acr: { "urn:silver": "mfa" },
      amr: ["otp"],
      refresh: "8h",
    };
    expect(await readOne({ issuer, keys, exchange })).toEqual({
      issuer,
      keys,
      exchange: { ...exchange, refresh: 28_800_000 },
    });
  });
});

async function headersOf(keys: unknown): Promise<unknown> {
  const { headers } = keys as { readonly headers: () => Promise<unknown> };
  return await headers();
}

describe("an issuer by its preset", () => {
  const options = { realm: "https://keycloak.example.com/realms/acme" };

  test("has the options that the preset makes", async () => {
    expect(await readOne({ preset: "keycloak", options })).toMatchObject({
      issuer: options.realm,
      claims: { roles: { path: ["realm_access", "roles"] } },
    });
  });

  test("has what stands beside them instead of what the preset says", async () => {
    const entry = { preset: "keycloak", options, keys, types: ["at+jwt"], exchange: { scopes: ["a"] } };
    const read = await readOne(entry);
    expect(read).toMatchObject({
      issuer: options.realm,
      keys,
      types: ["at+jwt"],
      exchange: { scopes: ["a"] },
    });
    expect(read).not.toHaveProperty("preset");
    expect(read).not.toHaveProperty("options");
  });

  test("has files where the preset takes bytes and functions", async () => {
    const supabase = {
      preset: "supabase",
      options: { url: "https://x.supabase.co", sharedSecretFile: "secret" },
    };
    expect(await readOne(supabase, { secret: "hush\n" })).toMatchObject({
      keys: [{}, { sharedSecret: Buffer.from("hush") }],
    });
    const kubernetes = { preset: "kubernetes", options: { bearerTokenFile: "token" } };
    const entry = await readOne(kubernetes, { token: "a.b.c" });
    expect(entry?.keys).toHaveProperty("headers", expect.any(Function));
  });
});

describe("the flat form of before", () => {
  test("is read, with one warning for all entries", async () => {
    const jwks = { keys: [{ kty: "EC" }] };
    const text = JSON.stringify([
      { issuer, jwks, claims: { scopes: "scp" } },
      { issuer: `${issuer}/2`, keys },
      { issuer: `${issuer}/3`, jwksUri: `${issuer}/jwks` },
      { issuer: `${issuer}/4`, discovery: true },
    ]);
    const { entries, warnings } = await readText(text);
    expect(entries).toEqual([
      { issuer, keys: { jwks }, claims: { scopes: "scp" } },
      { issuer: `${issuer}/2`, keys },
      { issuer: `${issuer}/3`, keys: { jwksUri: `${issuer}/jwks` } },
      { issuer: `${issuer}/4`, keys },
    ]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /issuers\.json: entries 1, 3, 4: jwks, jwksUri and discovery stand in "keys" now/,
      ),
    ]);
  });

  test("cannot name two places", async () => {
    const entry = { issuer, jwksUri: issuer, discovery: true };
    await expect(readOne(entry)).rejects.toThrow(
      "entry 1: needs exactly one of jwks, jwksUri and discovery: true, in keys",
    );
  });

  test("warns of nothing that is not flat", async () => {
    expect((await readText(JSON.stringify([{ issuer, keys }]))).warnings).toEqual([]);
  });
});
