import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
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

// Browsers share the machine with the rest of the suite.
vi.setConfig({ testTimeout: 60_000 });

/** A page whose user is signed in, and what it has been warned of. */
async function createPage(options: Partial<BrowserKitOptions> = {}) {
  const kit = await createBrowserKit(browser, { script, lifetimeMs: 600_000, ...options });
  const tab = await kit.openTab();
  const warnings: string[] = [];
  tab.page.on("console", (message) => {
    if (message.type() === "warning") warnings.push(message.text());
  });
  await signIn(tab);
  return { tab, warnings, [Symbol.asyncDispose]: () => kit[Symbol.asyncDispose]() };
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

test.each([
  { name: "in plain text", options: {} },
  { name: "over TLS", options: { tls: "http/1.1" } as const },
])("the fourth stream over HTTP/1.1 $name warns once, and names the origin", async ({ options }) => {
  await using page = await createPage(options);
  const { tab, warnings } = page;
  for (let streams = 0; streams < 3; streams += 1) await open(tab);
  expect(warnings).toEqual([]);
  for (let streams = 0; streams < 3; streams += 1) await openAndEnd(tab);
  await open(tab);
  await open(tab);
  await expect.poll(() => warnings).toHaveLength(1);
  expect(warnings[0]).toContain(`4 streams to ${new URL(tab.page.url()).origin} over HTTP/1.1`);
});

test("streams that have ended do not count", async () => {
  await using page = await createPage();
  const { tab, warnings } = page;
  await open(tab);
  await open(tab);
  for (let streams = 0; streams < 6; streams += 1) await openAndEnd(tab);
  await open(tab);
  await tab.run(({ session }) => session.signOut());
  await signIn(tab);
  for (let streams = 0; streams < 3; streams += 1) await open(tab);
  expect(warnings).toEqual([]);
});

test("any number of streams over HTTP/2 warns of nothing", async () => {
  await using page = await createPage({ tls: "h2" });
  const { tab, warnings } = page;
  for (let streams = 0; streams < 8; streams += 1) await open(tab);
  expect(warnings).toEqual([]);
});
