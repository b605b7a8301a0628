import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTrustedIssuers } from "../../server/cli/src/trusted-issuers.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";
import { ignore, readOne, readText } from "./issuer-file/read-file.ts";

const issuer = "https://id.example.com";
const keys = { discovery: true };

describe("a member that there is not", () => {
  const misspelt: readonly (readonly [object, string])[] = [
    [{ issuer, keys, audience: ["a"] }, '"audience": did you mean audiences?'],
    [{ issuer, keys, colour: "red" }, '"colour"; it has issuer, keys, '],
    [{ issuer, keys, scopes: "scp" }, '"scopes": did you mean claims.scopes?'],
    [{ issuer, keys, jwksUri: issuer }, '"jwksUri": did you mean keys.jwksUri?'],
    [{ issuer, keys, allowMissingType: true }, '"allowMissingType": did you mean insecure.allowMissingType?'],
    [{ isuer: issuer, keys }, '"isuer": did you mean issuer?'],
    [{ issuer, keys: { jwks_uri: issuer } }, '"keys.jwks_uri": did you mean keys.jwksUri?'],
    [{ issuer, keys: [{ jwksUri: issuer, header: {} }] }, '"keys[0].header": did you mean keys[0].headers?'],
    [
      { issuer, keys: { jwksUri: issuer, metadataUri: issuer } },
      '"keys.metadataUri"; it has jwksUri, headers, ',
    ],
    [{ issuer, keys, claims: { scope: "scp" } }, '"claims.scope": did you mean claims.scopes?'],
    [
      { issuer, keys, claims: { roles: { pat: ["a"] } } },
      '"claims.roles.pat": did you mean claims.roles.path?',
    ],
    [
      { issuer, keys, claims: { roles: ["a", { path: ["a"], key: "b" }] } },
      '"claims.roles[1].key"; it has path, ',
    ],
    [{ issuer, keys, tenants: { allow: ["a"] } }, '"tenants.allow": did you mean tenants.allowed?'],
    [
      { issuer, keys, insecure: { allowHttp: ["a"] } },
      '"insecure.allowHttp": did you mean insecure.allowHttpHosts?',
    ],
    [{ issuer, keys, exchange: { role: {} } }, '"exchange.role": did you mean exchange.roles?'],
    [{ issuer, keys, logout: { audience: ["web"] } }, '"logout.audience": did you mean logout.audiences?'],
    [{ issuer, keys, toString: 1 }, '"toString"; it has issuer, '],
    [{ preset: "keycloak", options: { relm: "x" } }, '"options.relm": did you mean options.realm?'],
    [{ preset: "keycloak", realm: "https://x.example" }, '"realm": did you mean options.realm?'],
    [
      { preset: "kubernetes", bearerTokenFile: "t" },
      '"bearerTokenFile": did you mean options.bearerTokenFile?',
    ],
    [{ preset: "auth0", options: { domain: "x" }, audience: "a" }, '"audience": did you mean audiences?'],
    [
      { preset: "keycloak", options: { realm: "https://x.example" }, issuer },
      '"issuer"; it has preset, options, ',
    ],
    [
      { preset: "supabase", options: { url: "https://x.example", sharedSecret: "hush" } },
      '"options.sharedSecret": did you mean options.sharedSecretFile?',
    ],
  ];
  test.each(misspelt)("is named, with what was meant: %j", async (entry, message) => {
    await expect(readOne(entry)).rejects.toThrow(`issuers.json: entry 1: there is no member ${message}`);
  });

  test("is named in the second entry, within an object, too", async () => {
    const file = {
      issuers: [
        { issuer, keys },
        { issuer, key: keys },
      ],
    };
    await expect(readText(JSON.stringify(file))).rejects.toThrow(
      'issuers.json: entry 2: there is no member "key": did you mean keys?',
    );
  });
});

describe("a file that is not understood", () => {
  test.each([
    { preset: "keycloak", options: { realm: "https://x.example" } },
    { issuer, keys },
  ])("because its one issuer stands in no list, says how: %j", async (entry) => {
    await expect(readText(JSON.stringify(entry))).rejects.toThrow(
      "issuers.json: the file: must be a list of issuers: put [ and ] around this one",
    );
  });

  const mistakes: readonly (readonly [object, string])[] = [
    [{ issuer }, "keys: is missing"],
    [{ issuer: "", keys }, "issuer: must not be empty"],
    [{ issuer, keys: [] }, "keys: must not be empty"],
    [{ issuer, keys: {} }, "keys: needs exactly one of jwks, jwksUri, discovery, sharedSecretFile"],
    [{ issuer, keys: { jwksUri: issuer, discovery: true } }, "keys: needs exactly one of jwks, jwksUri, "],
    [{ issuer, keys: { discovery: false } }, "keys.discovery: must be true, or absent"],
    [{ issuer, keys: { jwks: [] } }, "keys.jwks"],
    [{ issuer, keys: { jwksUri: issuer, headers: { a: ["hush"] } } }, "keys.headers.a: must be text"],
    [{ issuer, keys, claims: [] }, "claims: must be an object, not a list"],
    [
      { issuer, keys, claims: { roles: 1 } },
      "claims.roles: must be the name of a claim, or an object with the path to it",
    ],
    [{ issuer, keys, claims: { roles: { path: [] } } }, "claims.roles.path: must not be empty"],
    [{ issuer, keys, claims: { roles: { path: "a.b" } } }, "claims.roles.path: must be a list of texts"],
    [
      { issuer, keys, requiredClaims: { a: null } },
      "requiredClaims.a: must be text, a number, true or false",
    ],
    [{ issuer, keys, requiredClaims: { a: [] } }, "requiredClaims.a: must not be empty"],
    [{ issuer, keys, requiredClaims: [] }, "requiredClaims: must be an object, not a list"],
    [{ issuer, keys, tenants: {} }, "tenants.allowed: is missing"],
    [{ issuer, keys, algorithms: ["none"] }, "algorithms[0]: Invalid type"],
    [{ issuer, keys, audiences: [] }, "audiences: must not be empty"],
    [
      { issuer, keys, insecure: { maxTokenLifeSeconds: 0 } },
      "insecure.maxTokenLifeSeconds: must be more than 0",
    ],
    [
      { issuer, keys, insecure: { allowMissingType: "yes" } },
      "insecure.allowMissingType: must be true or false",
    ],
    [{ issuer, keys, exchange: [] }, "exchange: must be an object, not a list"],
    [{ issuer, keys, logout: {} }, "logout.audiences: is missing"],
    [
      { issuer, keys, logout: { audiences: ["web"], match: "user" } },
      "logout.match: must be session or subject",
    ],
    [{ issuer, keys, exchange: { roles: { ops: "admin" } } }, "exchange.roles.ops: must be a list of texts"],
    [{ issuer, keys, exchange: { refresh: true } }, "exchange.refresh: must be text"],
    [
      { issuer, keys, exchange: { refresh: "long" } },
      "exchange.refresh: must be a duration such as 30m or 8h",
    ],
    [
      { issuer, keys, exchange: { refresh: "0s" } },
      "exchange.refresh: must be a duration that is not nothing",
    ],
    [{ preset: "keycloack", options: {} }, 'there is no preset "keycloack": did you mean keycloak?'],
    [{ preset: "constructor", options: {} }, 'there is no preset "constructor"; there are auth0, '],
    [{ preset: 1, options: {} }, "preset must be the name of one"],
    [{ preset: "keycloak" }, "options: is missing"],
    [{ preset: "keycloak", options: { realm: "acme" } }, "options.realm: must be a URL such as "],
    [{ issuer, keys: { sharedSecretFile: "nowhere" } }, /sharedSecretFile .*nowhere does not exist/],
    [{ issuer, keys: { jwksUri: issuer, caFile: "nowhere" } }, /caFile .*nowhere does not exist/],
    [{ issuer, keys: { jwksUri: issuer, caFile: "issuers.json" } }, /caFile .* has no certificate in PEM/],
    [
      { issuer, keys: { jwksUri: issuer, bearerTokenFile: "issuers.json" } },
      /bearerTokenFile .* must have a token in it/,
    ],
    [
      {
        issuer,
        keys: { jwksUri: issuer, bearerTokenFile: "issuers.json", headers: { Authorization: "hush" } },
      },
      "headers has authorization, and bearerTokenFile is for the same header",
    ],
  ].map(([entry, says]) => [entry as object, says as string] as const);
  test.each(mistakes)("names the entry and the member: %j", async (entry, says) => {
    const reading = readOne(entry);
    await expect(reading).rejects.toThrowError(expect.objectContaining({ name: "CommandError" }));
    await expect(reading).rejects.toThrow(/issuers\.json: entry 1: /);
    await expect(reading).rejects.toThrow(says);
    await expect(reading).rejects.not.toThrow("hush");
  });

  test("because an issuer stands in it twice is one line", async () => {
    const entries = [
      { issuer, keys },
      { issuer: `${issuer}/`, keys },
      { issuer, keys: { jwksUri: issuer } },
    ];
    await expect(readText(JSON.stringify(entries))).rejects.toThrow(
      `issuers.json: entries 1 and 3 are both of issuer ${issuer}: make them one`,
    );
  });

  test.each(["__proto__", "constructor", "prototype"])(
    "because of a member %s, which would be passed over",
    async (name) => {
      const text = `[{ "issuer": "x", "keys": { "discovery": true }, "requiredClaims": { "${name}": "x" } }]`;
      await expect(readText(text)).rejects.toThrow(`issuers.json: there cannot be a member "${name}"`);
    },
  );

  test.each(["{}", "null", "5", '"x"', '{ "issuer": "https://login.example" }'])(
    "because it is no list: %s",
    async (text) => {
      await expect(readText(text)).rejects.toThrow("issuers.json: the file: must be a list of issuers");
    },
  );

  test("because it is not there, or no JSON, is said with the line where it ends to be some", async () => {
    await using folder = await createTemporaryFolder();
    const path = join(folder.path, "issuers.json");
    await expect(readTrustedIssuers(path, ignore)).rejects.toThrow(`${path} does not exist`);
    await writeFile(path, '[\n  { "issuer": "x" "y" }\n]');
    await expect(readTrustedIssuers(path, ignore)).rejects.toThrow(`${path} is not JSON: see line 2`);
    await writeFile(path, '{ "$schema": "x" }');
    await expect(readTrustedIssuers(path, ignore)).rejects.toThrow(`${path}: the file: issuers: is missing`);
  });
});
