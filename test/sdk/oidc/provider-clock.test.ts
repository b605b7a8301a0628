import { generateKeyPairSync } from "node:crypto";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startProgram } from "../../support/program.ts";
import { type LiveProvider, startLiveProvider } from "./live-provider.ts";

const SCRIPT = fileURLToPath(new URL("skewed-process.ts", import.meta.url));
const HOUR_MS = 3_600_000;

let provider: LiveProvider;
const keys = generateKeyPairSync("ec", { namedCurve: "P-256" });

beforeAll(async () => {
  const jwk = { ...keys.publicKey.export({ format: "jwk" }), kid: "tests" };
  provider = await startLiveProvider(jwk);
});
afterAll(() => provider?.[Symbol.asyncDispose]());

// A right clock needs a request for each token; a wrong one a request more, and only until it is known to be wrong.
test.each([
  { name: "right", skewMs: 0, requests: 2 },
  { name: "two hours behind", skewMs: -2 * HOUR_MS, requests: 3 },
  { name: "two hours ahead", skewMs: 2 * HOUR_MS, requests: 3 },
])("a program whose clock is $name gets tokens with a signed assertion", async ({ skewMs, requests }) => {
  const before = provider.tokenRequests();
  const pkcs8 = keys.privateKey.export({ format: "der", type: "pkcs8" }).toString("base64");
  const args = ["--conditions=@countersign/source", SCRIPT, provider.issuer, String(skewMs), pkcs8];
  const program = startProgram({ file: process.execPath, args });
  expect(await program.ended).toMatchObject({ code: 0, stdout: "a token\na token\n" });
  expect(provider.tokenRequests() - before).toBe(requests);
});
