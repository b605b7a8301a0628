import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBarriers } from "../support/accessibility.ts";
import { launchBrowser } from "../support/browser.ts";
import { notEmpty } from "../support/not-empty.ts";
import { serveFolder } from "./serve-folder.ts";

const SITE = fileURLToPath(new URL("../../dist/docs", import.meta.url));

const stack = new AsyncDisposableStack();
let address: string;
let page: Page;

beforeAll(async () => {
  const server = stack.use(await serveFolder(SITE));
  const browser = stack.use(await launchBrowser());
  page = await browser.newPage();
  await page.goto(server.baseUrl);
  await page.waitForURL(/\/\d+\.\d+\/$/);
  address = page.url();
});

afterAll(() => stack.disposeAsync());

describe("the search", () => {
  // The first click opens it, the second one is on what it lists first.
  test.each(
    notEmpty([
      ["why TOKEN_INVALID", "troubleshooting.html#why-token_invalid"],
      ["Entra tenant", "troubleshooting.html#why-a-token-of-an-entra-tenant-is-refused"],
      ["stream ends after ten minutes", "troubleshooting.html#why-a-stream-ends-after-ten-minutes"],
    ]),
  )("lists first for %j what explains it", async (words, target) => {
    await page.goto(address);
    await page.click(".DocSearch-Button");
    await page.fill("#localsearch-input", words);
    const first = page.locator("#localsearch-list a").first();
    // Until then, the list is that of the last search: the page remembers its words.
    const { pathname, hash } = new URL(target, address);
    await expect.poll(() => first.getAttribute("href")).toBe(pathname + hash);
    await first.click();
    await page.waitForURL(address + target);
    await page.locator(`[id="${hash.slice(1)}"]`).waitFor();
  });
});

test.each(notEmpty(["", "errors.html", "performance.html", "api/@countersign/node.html"]))(
  "page %j is accessible and fits, light and dark",
  async (path) => {
    await page.goto(address + path);
    expect(await findBarriers(page)).toEqual([]);
  },
);

test.each(notEmpty(["llms.txt", "llms-full.txt", "streams.md", "../versions.html"]))(
  "serves %s",
  async (path) => {
    const response = await page.request.get(address + path);
    expect(response.status()).toBe(200);
    expect(await response.text()).toMatch(/Streams|Versions/);
  },
);
