import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readTrustedIssuers } from "../../server/cli/src/trusted-issuers.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

/** Read a file of this text. */
async function read(text: string) {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  await writeFile(path, text);
  return await readTrustedIssuers(path);
}

const issuer = "https://id.example.com";

describe("readTrustedIssuers", () => {
  test("names the entry that is wrong, counted from one", async () => {
    const entries = [{ issuer, discovery: true }, { issuer: `${issuer}/2` }];
    await expect(read(JSON.stringify(entries))).rejects.toThrowError(
      /issuers\.json: entry 2: needs exactly one of jwks, jwksUri and discovery/,
    );
  });

  test("trusts nobody else without a file", async () => {
    expect(await readTrustedIssuers(undefined)).toEqual([]);
  });

  test("reads each way to find keys", async () => {
    const entries = [
      { issuer, jwks: { keys: [{ kty: "EC" }] }, audiences: ["a"], algorithms: ["ES256"], types: ["jwt"] },
      { issuer: `${issuer}/2`, jwksUri: `${issuer}/jwks`, claims: { scopes: "scp" } },
      { issuer: `${issuer}/3`, discovery: true },
    ];
    expect(await read(JSON.stringify(entries))).toEqual([
      {
        issuer,
        keys: { jwks: { keys: [{ kty: "EC" }] } },
        audiences: ["a"],
        algorithms: ["ES256"],
        types: ["jwt"],
      },
      { issuer: `${issuer}/2`, keys: { jwksUri: `${issuer}/jwks` }, claims: { scopes: "scp" } },
      { issuer: `${issuer}/3`, keys: { discovery: true } },
    ]);
  });

  test("reads what tokens can be exchanged for", async () => {
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
    expect(await read(JSON.stringify([{ issuer, discovery: true, exchange }]))).toEqual([
      { issuer, keys: { discovery: true }, exchange: { ...exchange, refresh: 28_800_000 } },
    ]);
  });

  const misspelt = [
    [{ jwks_uri: `${issuer}/jwks` }, '"jwks_uri": did you mean jwksUri?'],
    [{ discovery: true, audience: ["a"] }, '"audience": did you mean audiences?'],
    [{ discovery: true, claims: { scope: "scp" } }, '"claims.scope": did you mean claims.scopes?'],
    [{ discovery: true, exchange: { role: {} } }, '"exchange.role": did you mean exchange.roles?'],
    [{ discovery: true, colour: "red" }, '"colour"'],
    [{ discovery: true, isuer: "x", issuer: undefined }, '"isuer": did you mean issuer?'],
  ] as const;
  test.each(misspelt)("says what was meant by a misspelt member: %j", async (entry, message) => {
    await expect(read(JSON.stringify([{ issuer, ...entry }]))).rejects.toThrow(
      `issuers.json: entry 1: there is no member ${message}`,
    );
  });

  const mistakes = {
    "no JSON": "{",
    "no array": "{}",
    "no key source": JSON.stringify([{ issuer }]),
    "two key sources": JSON.stringify([{ issuer, jwksUri: issuer, discovery: true }]),
    "an unknown member": JSON.stringify([{ issuer, discovery: true, audience: "a" }]),
    "an algorithm that is not allowed": JSON.stringify([{ issuer, discovery: true, algorithms: ["none"] }]),
    "an exchange for something unknown": JSON.stringify([
      { issuer, discovery: true, exchange: { scope: [] } },
    ]),
    "an exchange with a role that is no list": JSON.stringify([
      { issuer, discovery: true, exchange: { roles: { ops: "admin" } } },
    ]),
    "sessions that go on for a time that is none": JSON.stringify([
      { issuer, discovery: true, exchange: { refresh: true } },
    ]),
    "sessions that go on for an unknown time": JSON.stringify([
      { issuer, discovery: true, exchange: { refresh: "long" } },
    ]),
    "sessions that go on for no time": JSON.stringify([
      { issuer, discovery: true, exchange: { refresh: "0s" } },
    ]),
    "an empty list of audiences": JSON.stringify([{ issuer, discovery: true, audiences: [] }]),
  };
  for (const [what, text] of Object.entries(mistakes)) {
    test(`refuses a file with ${what}, and names the file`, async () => {
      await expect(read(text)).rejects.toThrowError(
        expect.objectContaining({
          name: "CommandError",
          message: expect.stringContaining("issuers.json"),
        }),
      );
    });
  }
});

test("a file that is no list, no JSON or not there is named, with the place where it ends to be one", async () => {
  await using folder = await createTemporaryFolder();
  const path = join(folder.path, "issuers.json");
  await expect(readTrustedIssuers(path)).rejects.toThrow(`${path} does not exist`);
  await writeFile(path, '[\n  { "issuer": "x" "y" }\n]');
  await expect(readTrustedIssuers(path)).rejects.toThrow(`${path} is not JSON: see line 2`);
  await writeFile(path, '{ "issuer": "https://login.example" }');
  await expect(readTrustedIssuers(path)).rejects.toThrow(`${path}: the file: must be a list of issuers`);
});
