import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { CreateIssuerOptions } from "../../../server/issuer/src/create-issuer/options.ts";
import { createIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { databaseIn } from "../../support/stores.ts";
import { createTemporaryFolder } from "../../support/temporary-folder.ts";
import { inFolder } from "./own-issuer.ts";

describe("options of an issuer that make no sense are a TypeError", () => {
  const cases: readonly { readonly options: Record<string, unknown>; readonly says: string }[] = [
    { options: { store: {} }, says: "store must have exactly one of sqlite and postgres" },
    { options: { store: undefined }, says: "store must have exactly one of sqlite and postgres" },
    { options: { store: null }, says: "store must have exactly one of sqlite and postgres" },
    { options: { store: "auth.db" }, says: "store must have exactly one of sqlite and postgres" },
    {
      options: { store: { sqlite: "a", postgres: "postgres://b" } },
      says: "exactly one of sqlite and postgres",
    },
    { options: { store: { postgres: "mysql://b" } }, says: "store.postgres must begin with postgres://" },
    { options: { store: { sqlite: "" } }, says: "store.sqlite must be the path of a file" },
    { options: { url: "auth.example.com" }, says: "url must be an http(s) URL without query and fragment" },
    { options: { url: "https://auth.example.com/?a" }, says: "url must be an http(s) URL" },
    { options: { url: "http://auth.localhost" }, says: "url must begin with https://, or be on loopback" },
    { options: { url: "http://auth.example.com" }, says: "url must begin with https://, or be on loopback" },
    {
      options: { url: "http://localhost.example.com", insecure: { failOpen: true } },
      says: "url must begin with https://",
    },
    { options: { url: "https://ada:hunter2@auth.example.com" }, says: "without a user" },
    { options: { url: "https://auth.example.com/a/../b" }, says: "segments such as .." },
    { options: { url: "https://auth.example.com/a/%2e%2e/b" }, says: "segments such as .." },
    { options: { url: "https://auth.example.com/b\n" }, says: "white space" },
    { options: { url: " https://auth.example.com" }, says: "white space" },
    { options: { url: "https:auth.example.com" }, says: "url must be written as https://host/path" },
    {
      options: { url: String.raw`https:\\auth.example.com` },
      says: "url must be written as https://host/path",
    },
    { options: { url: undefined }, says: "url must be an http(s) URL" },
    { options: { secret: "x".repeat(32) }, says: "secret must be a Uint8Array of 32 bytes, or { file }" },
    { options: { secret: undefined }, says: "secret must be a Uint8Array of 32 bytes" },
    { options: { secret: null }, says: "secret must be a Uint8Array of 32 bytes" },
    { options: { secret: new Uint16Array(32) }, says: "secret must be a Uint8Array of 32 bytes" },
    { options: { secret: { file: "" } }, says: "with the path of a file" },
    { options: { accessTTLMs: 5 }, says: "createIssuer has no option accessTTLMs" },
    {
      options: { secret: { file: "a", createMissing: false } },
      says: "option secret of createIssuer has no option createMissing: did you mean createIfMissing?",
    },
    {
      options: { store: { sqlite: "a", statementTimeoutMs: 1 } },
      says: "option store of createIssuer has no option statementTimeoutMs",
    },
    { options: { replaces: { uri: "https://a.example" } }, says: "option replaces of createIssuer has no" },
    { options: { replaces: { url: "" } }, says: "replaces of createIssuer: url must be a non-empty text" },
    { options: { insecure: { allowHTTP: true } }, says: "has no option allowHTTP: did you mean allowHttp?" },
    { options: { insecure: { failOpen: "false" } }, says: "failOpen must be true or false" },
    { options: { insecure: true }, says: "option insecure of createIssuer must be an object" },
    {
      options: { insecure: { passwordCost: { memoryKb: 64 } } },
      says: "has no option memoryKb: did you mean memoryKib?",
    },
    { options: { audience: "" }, says: "audience must be a non-empty string" },
    { options: { publicUrls: ["auth.example.com"] }, says: "publicUrls of createIssuer: an entry is no URL" },
    { options: { mtlsUrl: "https://auth.example.com/?a" }, says: "mtlsUrl of createIssuer" },
    { options: { dpop: { window: 5 } }, says: "option dpop of createIssuer has no option window" },
    { options: { dpop: { proofWindowSeconds: 0 } }, says: "proofWindowSeconds must be more than 0" },
    { options: { accessTtlMs: 0 }, says: "accessTtlMs must be longer than nothing" },
    { options: { accessTtlMs: Number.NaN }, says: "accessTtlMs must be a number of milliseconds" },
    { options: { accessTtlMs: 86_400_001 }, says: "accessTtlMs must be at most a day" },
    { options: { clockToleranceMs: 300_001 }, says: "clockToleranceMs must be at most 5 minutes" },
    { options: { sessionIdleTtlMs: 0 }, says: "sessionIdleTtlMs must be longer than nothing" },
    { options: { sessionMaxTtlMs: -1 }, says: "sessionMaxTtlMs must be a number of milliseconds" },
    { options: { keyRotationMs: Infinity }, says: "keyRotationMs must be a number of milliseconds" },
    { options: { clock: { nowMs: () => 1 } }, says: "clock.monotonicMs must be a function" },
    { options: { maxTokenBytes: 0 }, says: "maxTokenBytes must be a positive whole number" },
    { options: { maxTokenBytes: 65_537 }, says: "maxTokenBytes must be at most 65536, and is 65537" },
    { options: { signInsPerMinute: 0 }, says: "signInsPerMinute must be a positive number" },
    { options: { newSessionsPerHour: -1 }, says: "newSessionsPerHour must be a positive number" },
    { options: { tokenRevocationsPerHour: Number.NaN }, says: "tokenRevocationsPerHour must be a positive" },
    { options: { acceptPassword: "zxcvbn" }, says: "acceptPassword must be a function" },
    {
      options: { allowedOrigins: ["https://app.example/"] },
      says: 'allowedOrigins: "https://app.example/" is more than an origin, which ends before the path: https://app.example',
    },
    { options: { allowedOrigins: ["*"] }, says: 'allowedOrigins: "*" has a *' },
  ];
  test.each(cases)("$options", async ({ options, says }) => {
    await using folder = await createTemporaryFolder();
    const creation = createIssuer({ ...inFolder(folder.path), ...options } as CreateIssuerOptions);
    await expect(creation).rejects.toThrow(TypeError);
    await expect(creation).rejects.toThrow(says);
    expect(existsSync(databaseIn(folder.path))).toBe(false);
  });
});

describe("the URL of an issuer", () => {
  test.each(["http://127.0.0.1:8090", "http://localhost", "http://[::1]:8090"])(
    "can be in the clear on loopback: %s",
    async (url) => {
      expect(await warningsOf({ url })).toEqual([]);
    },
  );

  test("can be in the clear elsewhere when that is allowed by name, which is warned of", async () => {
    const options = { url: "http://auth.example.com", insecure: { allowHttp: true } };
    expect(await warningsOf(options)).toEqual([expect.stringContaining("insecure.allowHttp: ")]);
  });
});

/** Create an issuer. @returns what it warns of */
async function warningsOf(options: Partial<CreateIssuerOptions>): Promise<readonly string[]> {
  await using folder = await createTemporaryFolder();
  const warnings: string[] = [];
  const onWarning = (warning: string) => void warnings.push(warning);
  await using _issuer = await createIssuer(inFolder(folder.path, { onWarning, ...options }));
  return warnings;
}

test.each([
  "https://auth.example.com",
  "https://auth.example.com/",
  "https://auth.example.com:8443/tenants/a%20b/",
  "http://127.0.0.1:8080",
])("%s is the url of an issuer", async (url) => {
  await using folder = await createTemporaryFolder();
  await using issuer = await createIssuer(inFolder(folder.path, { url }));
  expect(issuer.trust.issuer).toBe(url);
});
