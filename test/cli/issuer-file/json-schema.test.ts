import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { createJsonSchema } from "./json-schema.ts";

const PATH = join(import.meta.dirname, "../../../server/cli/trusted-issuers.schema.json");

test("the JSON Schema in the package is that of the file; -u writes it anew", async () => {
  await expect(`${JSON.stringify(createJsonSchema(), undefined, 2)}\n`).toMatchFileSnapshot(PATH);
});

describe("the JSON Schema of the file", () => {
  const { $schema: _, ...plain }: Readonly<Record<string, unknown>> = JSON.parse(
    JSON.stringify(createJsonSchema()),
  );
  const isValid = new Ajv2020({ strict: false, discriminator: false }).compile(plain);
  const issuer = "https://id.example.com";
  const keys = { discovery: true };

  const good: readonly unknown[] = [
    [],
    [{ issuer, keys }],
    [{ issuer, keys, tokenAudience: ["notes", "https://notes.example.com"] }],
    { $schema: "./x.json", issuers: [{ issuer, keys }] },
    [{ issuer, keys: [{ jwksUri: issuer, caFile: "ca.pem" }, { sharedSecretFile: "secret" }] }],
    [
      {
        issuer,
        keys,
        claims: { roles: ["a", { path: ["b", "c"], member: "key" }] },
        requiredClaims: { a: ["b", 1, true] },
      },
    ],
    [{ preset: "keycloak", options: { realm: `${issuer}/realms/acme` }, exchange: { refresh: "8h" } }],
    [{ issuer, keys, clientsOnly: true }],
    [{ preset: "kubernetes", options: { caFile: "ca.crt" }, clientsOnly: true }],
    [{ preset: "kubernetes", options: { bearerTokenFile: "token", caFile: "ca.crt" } }],
  ];
  test.each(good)("takes %j", (file) => {
    expect(isValid(file)).toBe(true);
  });

  const bad: readonly unknown[] = [
    {},
    [{ issuer }],
    [{ issuer, keys: {} }],
    [{ issuer, keys: { jwksUri: issuer, discovery: true } }],
    [{ issuer, keys, audience: "a" }],
    [{ issuer, keys, claims: { scope: "scp" } }],
    [{ issuer, keys, algorithms: ["none"] }],
    [{ issuer, discovery: true }],
    [{ preset: "keycloak", options: { relm: "x" } }],
    [{ preset: "keycloack", options: {} }],
    [{ preset: "supabase", options: { url: issuer, sharedSecret: "hush" } }],
  ];
  test.each(bad)("does not take %j", (file) => {
    expect(isValid(file)).toBe(false);
  });
});
