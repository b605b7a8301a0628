import { rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

/** What an application imports that calls a server without signing in: it is in every figure's base. */
const BASE = `
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcWebTransport } from "@connectrpc/connect-web";
globalThis.base = [Code, ConnectError, createClient, createConnectTransport, createGrpcWebTransport];
`;

/** What an application adds to sign its users in. */
const ADDED: Readonly<Record<string, string>> = {
  countersign: 'import { createSession as added } from "@countersign/sdk/browser";',
  "auth0-spa-js": 'import { createAuth0Client as added } from "@auth0/auth0-spa-js";',
  "supabase-auth-js": 'import { AuthClient as added } from "@supabase/auth-js";',
  "oidc-client-ts": 'import { UserManager as added } from "oidc-client-ts";',
  "keycloak-js": 'import added from "keycloak-js";',
};

const MAX_BYTES = 6 * 1024;
const FOLDER = new URL("../../output/", import.meta.url);

/** What the SDK adds to a page, beside what others add. */
export const sdkSizeBench: Bench = {
  name: "sdk-size",
  describe: [
    "minified and compressed with gzip -9: a page with connect-web and the library, less the page with connect-web;",
    "the others still need code that puts their token into calls",
  ],
  comparisons: [
    { ours: "countersign", better: "lower", target: MAX_BYTES },
    ...Object.keys(ADDED)
      .filter((name) => name !== "countersign")
      .map((theirs) => ({ ours: "countersign", theirs, better: "lower" as const })),
  ],
  run: runSdkSize,
};

/** A build is the same every time: one round says it all. */
async function runSdkSize(_options: BenchOptions): Promise<readonly Row[]> {
  const base = await compressedBytes("base", BASE);
  const sides = Object.entries(ADDED).map(
    ([name, added]): Side => ({
      name,
      async measure() {
        const bytes = await compressedBytes(name, `${BASE}${added}\nglobalThis.added = added;\n`);
        return [{ side: name, unit: "B gz", value: bytes - base }];
      },
    }),
  );
  return await interleave("sdk-size", sides, 1);
}

/** Build a page as an application's bundler would, and compress it as its server would. */
async function compressedBytes(name: string, code: string): Promise<number> {
  const entry = fileURLToPath(new URL(`size-${name}.js`, FOLDER));
  await writeFile(entry, code);
  try {
    const result = await build({
      configFile: false,
      logLevel: "silent",
      resolve: { conditions: ["@countersign/source", "browser", "module", "import", "default"] },
      build: {
        write: false,
        minify: true,
        rolldownOptions: { input: entry, output: { codeSplitting: false } },
      },
    });
    const [output] = Array.isArray(result) ? result : [result];
    if (output === undefined || !("output" in output)) throw new Error(`vite built nothing for ${name}`);
    return gzipSync(output.output[0].code, { level: 9 }).byteLength;
  } finally {
    await rm(entry);
  }
}
