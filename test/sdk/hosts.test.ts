import { createContext, runInContext } from "node:vm";
import { beforeAll, expect, test } from "vitest";
import { bundleForBrowser } from "../support/bundle.ts";
import { notEmpty } from "../support/not-empty.ts";

let script = "";
beforeAll(async () => {
  script = await bundleForBrowser(new URL("host-page.ts", import.meta.url));
});

/** What a bare host has: no Request, Response and fetch, no storage, no channels, no streams, no structuredClone. */
const HOST: Readonly<Record<string, unknown>> = {
  AbortController,
  // As it was before `any` and `timeout` came.
  AbortSignal: { prototype: AbortSignal.prototype },
  Headers,
  TextDecoder,
  TextEncoder,
  URL,
  atob,
  btoa,
  clearTimeout,
  crypto: { getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes) },
  performance,
  queueMicrotask,
  setTimeout,
};

/** Run an expression in a host, with what `host-page.ts` exports as `page`. */
function runIn(host: Readonly<Record<string, unknown>>, expression: string): unknown {
  return runInContext(`${script};${expression}`, createContext({ ...host }));
}

test("a bare host makes calls and streams, follows a session and refreshes", async () => {
  // Of another realm: compared by its text.
  const seen = JSON.stringify(await runIn(HOST, "page.useSessions()"));
  expect(seen).toBe(JSON.stringify(Array.from({ length: 3 }, () => ["Bearer token-1", "2"]).flat()));
});

const LACKING = notEmpty([
  { name: "crypto", host: { crypto: undefined }, lacks: "crypto.getRandomValues" },
  { name: "random values", host: { crypto: {} }, lacks: "crypto.getRandomValues" },
  { name: "AbortSignal", host: { AbortSignal: undefined }, lacks: "AbortSignal.prototype.throwIfAborted" },
  {
    name: "reasons of signals, as React Native",
    host: { AbortSignal: { prototype: {} } },
    lacks: "AbortSignal.prototype.throwIfAborted",
  },
]);

test.each(LACKING)("a host without $name learns what to load when the session is made", ({ host, lacks }) => {
  for (const make of ["makeSession", "makeBrowserSession"]) {
    expect(() => runIn({ ...HOST, ...host }, `page.${make}()`)).toThrow(`polyfill ${lacks}`);
  }
});

test("signing in at a provider needs more, and says so", () => {
  expect(() => runIn(HOST, "page.makeOidcSource()")).toThrow("this host lacks crypto.subtle: ");
  const { subtle } = crypto;
  expect(() => runIn({ ...HOST, crypto: { subtle } }, "page.makeOidcSource()")).not.toThrow();
});
