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
  // The first click opens it, the second one a result.
  test.each(
    notEmpty([
      ["why TOKEN_INVALID", /TOKEN_INVALID/, "find-out-why"],
      ["Entra tenant", /Entra/, "identity-providers"],
      ["stream ends after ten minutes", /stream/i, "streams"],
    ]),
  )("leads from %j to its page", async (words, text, target) => {
    await page.goto(address);
    await page.click(".DocSearch-Button");
    await page.fill("#localsearch-input", words);
    const results = page.locator("#localsearch-list a");
    const found = results.and(page.locator(`[href*="/${target}"]`)).first();
    await found.click();
    await page.waitForURL(`**/${target}.html#*`);
    await expect.poll(() => page.textContent("main")).toMatch(text);
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
