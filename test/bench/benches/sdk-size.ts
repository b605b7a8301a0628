import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import type { Bench, BenchOptions, Row, Side } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const BASE = new URL("../size/base.ts", import.meta.url);

const WITH_DPOP = "countersign with dpop";

/** Pages that sign their users in, by what they do it with. */
const PAGES: Readonly<Record<string, URL>> = {
  countersign: new URL("../size/countersign.ts", import.meta.url),
  [WITH_DPOP]: new URL("../size/countersign-dpop.ts", import.meta.url),
  "auth0-spa-js": new URL("../size/auth0-spa-js.ts", import.meta.url),
  "supabase-auth-js": new URL("../size/supabase-auth-js.ts", import.meta.url),
  "oidc-client-ts": new URL("../size/oidc-client-ts.ts", import.meta.url),
  "keycloak-js": new URL("../size/keycloak-js.ts", import.meta.url),
};

/**
 * The budget of a page with all that a session can do. It was 6 KiB before a session could keep its refresh token in a
 * cookie, ask for shorter lives, follow another session, renew streams of any issuer and share its retries with all tabs.
 */
const MAX_BYTES = 9 * 1024;

/** The budget of such a page whose tokens are bound to a key. */
const MAX_BYTES_WITH_DPOP = MAX_BYTES + 3 * 1024;

/** What the SDK adds to a page, beside what others add. */
export const sdkSizeBench: Bench = {
  name: "sdk-size",
  describe: [
    "minified and compressed with gzip -9: a page with connect-web and the library, less the page with connect-web;",
    "the others still need code that puts their token into calls",
  ],
  comparisons: [
    { ours: "countersign", better: "lower", target: MAX_BYTES },
    { ours: WITH_DPOP, better: "lower", target: MAX_BYTES_WITH_DPOP },
    ...Object.keys(PAGES)
      .filter((name) => !name.startsWith("countersign"))
      .map((theirs) => ({ ours: "countersign", theirs, better: "lower" as const })),
  ],
  run: runSdkSize,
};

/** A build is the same every time: one round says it all. */
async function runSdkSize(_options: BenchOptions): Promise<readonly Row[]> {
  const base = await compressedBytes(BASE);
  const sides = Object.entries(PAGES).map(
    ([name, page]): Side => ({
      name,
      measure: async () => [{ side: name, unit: "B gz", value: (await compressedBytes(page)) - base }],
    }),
  );
  return await interleave("sdk-size", sides, 1);
}

/** Build a page as an application's bundler would, and compress it as its server would. */
async function compressedBytes(page: URL): Promise<number> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@countersign/source", "browser", "module", "import", "default"] },
    build: {
      write: false,
      minify: true,
      rolldownOptions: { input: fileURLToPath(page), output: { codeSplitting: false } },
    },
  });
  const [output] = Array.isArray(result) ? result : [result];
  if (output === undefined || !("output" in output)) {
    throw new Error(`vite built nothing of ${page.href}`);
  }
  return gzipSync(output.output[0].code, { level: 9 }).byteLength;
}
