import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIFETIME_MS } from "../kit.ts";
import {
  type BrowserKitOptions,
  type BrowserTab,
  bundlePage,
  createBrowserKit,
  launchBrowser,
  signIn,
} from "./browser-kit.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

/** A page whose user is signed in, and what it has been warned of. */
async function createPage(options: Partial<BrowserKitOptions> = {}) {
  const kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS, ...options });
  const tab = await kit.openTab();
  const warnings: string[] = [];
  tab.page.on("console", (message) => {
    if (message.type() === "warning") {
      warnings.push(message.text());
    }
  });
  await signIn(tab);

  /** Have the page say a last word, which arrives behind all that it has been warned of. */
  async function warningsSoFar(): Promise<readonly string[]> {
    await tab.page.evaluate("console.warn('a last word')");
    await expect.poll(() => warnings.at(-1)).toBe("a last word");
    return warnings.splice(0).slice(0, -1);
  }

  return { tab, warningsSoFar, [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose]() };
}

/** Open a stream, read its first message, and hold it. */
function open({ run }: BrowserTab): Promise<void> {
  return run(async ({ notes }) => {
    await notes.watchNotes({})[Symbol.asyncIterator]().next();
  });
}

/** Open a stream and end it. */
function openAndEnd({ run }: BrowserTab): Promise<void> {
  return run(async ({ notes }) => {
    const controller = new AbortController();
    await notes.watchNotes({}, { signal: controller.signal })[Symbol.asyncIterator]().next();
    controller.abort();
  });
}

function warningOf({ page }: BrowserTab): unknown {
  return expect.stringContaining(`4 streams to ${new URL(page.url()).origin} over HTTP/1.1`);
}

test.each([
  { name: "in plain text", options: {} },
  { name: "over TLS", options: { tls: "http/1.1" } as const },
])("the fourth stream over HTTP/1.1 $name warns once, and names the origin", async ({ options }) => {
  await using page = await createPage(options);
  const { tab, warningsSoFar } = page;
  for (let streams = 0; streams < 3; streams += 1) {
    await open(tab);
  }
  expect(await warningsSoFar()).toEqual([]);
  for (let streams = 0; streams < 3; streams += 1) {
    await openAndEnd(tab);
  }
  await open(tab);
  await open(tab);
  expect(await warningsSoFar()).toEqual([warningOf(tab)]);
});

test("streams that have ended do not count", async () => {
  await using page = await createPage();
  const { tab, warningsSoFar } = page;
  await open(tab);
  await open(tab);
  for (let streams = 0; streams < 6; streams += 1) {
    await openAndEnd(tab);
  }
  await open(tab);
  await tab.run(({ session }) => session.signOut());
  await signIn(tab);
  for (let streams = 0; streams < 3; streams += 1) {
    await open(tab);
  }
  expect(await warningsSoFar()).toEqual([]);
  // Those that are open do.
  await open(tab);
  expect(await warningsSoFar()).toEqual([warningOf(tab)]);
});

test("any number of streams over HTTP/2 warns of nothing", async () => {
  await using page = await createPage({ tls: "h2" });
  const { tab, warningsSoFar } = page;
  for (let streams = 0; streams < 8; streams += 1) {
    await open(tab);
  }
  expect(await warningsSoFar()).toEqual([]);
  const protocols = await tab.run(() =>
    performance.getEntriesByType("navigation").map((entry) => Reflect.get(entry, "nextHopProtocol")),
  );
  expect(protocols).toEqual(["h2"]);
});
