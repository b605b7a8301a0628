import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAuth, systemClock } from "@countersign/server";
import { ADAPTERS, type AdapterName } from "./adapters.ts";
import { COMBINATIONS } from "./combinations.ts";
import { asService, seenUnguarded } from "./service.ts";

// Serves every combination behind every adapter that it is told, on a port each, and prints where. It is copied into a
// folder with a release of Connect of its own, and started there.

/** What the test tells: the key of the issuer, and what there is in this release. */
const { jwk, adapters } = JSON.parse(process.argv[2] ?? "") as {
  readonly jwk: Record<string, unknown>;
  readonly adapters: readonly AdapterName[];
};

let aheadMs = 0;
const warnings = new Set<string>();

async function serve(adapter: AdapterName, name: string): Promise<string> {
  const { options, mount } = COMBINATIONS[name] ?? { mount: () => ({ routes: () => {} }) };
  const auth = createAuth({
    routes: asService(),
    ...options,
    issuers: [{ issuer: "https://issuer.example", keys: { jwks: { keys: [jwk] } } }],
    audience: "ledger",
    clock: { ...systemClock, nowMs: () => Date.now() + aheadMs },
    onWarning: (warning) => warnings.add(warning),
    onError: () => {},
  });
  return ADAPTERS[adapter](mount(auth), auth);
}

const origins: Record<string, Record<string, string>> = {};
for (const adapter of adapters) {
  const ofAdapter: Record<string, string> = {};
  for (const name of Object.keys(COMBINATIONS)) {
    ofAdapter[name] = await serve(adapter, name);
  }
  origins[adapter] = ofAdapter;
}

// Lets an hour pass at once, and answers which calls of nobody the application's own interceptor saw.
const control = createServer((_req, res) => {
  aheadMs += 3_600_000;
  res.end(JSON.stringify([...seenUnguarded]));
});
control.listen(0, "127.0.0.1", () => {
  const { port } = control.address() as AddressInfo; // it listens on TCP
  const ready = { control: `http://127.0.0.1:${port}`, origins, warnings: [...warnings] };
  process.stdout.write(`ready: ${JSON.stringify(ready)}\n`);
});
