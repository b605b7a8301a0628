import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { bundleForBrowser } from "../support/bundle.ts";
import { notEmpty } from "../support/not-empty.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { DOCUMENTS, ROOT } from "./documents.ts";
import { type Fence, placeOf } from "./markdown.ts";

const stack = new AsyncDisposableStack();
let server: ServerProcess;
let page: Page;

beforeAll(async () => {
  server = stack.use(await startServer());
  const browser = stack.use(await launchBrowser());
  page = await browser.newPage();
});

afterAll(() => stack.disposeAsync());

const blocks = DOCUMENTS.flatMap(({ fences }) => fences).filter(
  ({ attributes }) => attributes.browser !== undefined,
);

test.each(notEmpty(blocks.map((fence) => ({ fence, place: placeOf(fence) }))))(
  "the program at $place runs in a page of the server",
  async ({ fence }) => {
    await page.goto(server.baseUrl);
    await page.evaluate(await bundle(fence));
    // The bundle leaves its exports in the page under this name.
    await page.evaluate("page.run()");
    expect(server.program.output().stderr).not.toContain("error");
  },
);

test("a program that fails in a page fails its test", async () => {
  await page.goto(server.baseUrl);
  const broken = {
    document: "none",
    line: 1,
    language: "ts",
    attributes: {},
    text: "throw new Error('broken');",
  };
  await page.evaluate(await bundle(broken));
  await expect(page.evaluate("page.run()")).rejects.toThrow("broken");
});

/** A bundle for a page cannot wait at its top level: what follows the imports becomes a function. */
async function bundle(fence: Fence): Promise<string> {
  const lines = fence.text.split("\n");
  const body = lines.findLastIndex((line) => line.startsWith("import ")) + 1;
  const text = [...lines.slice(0, body), "export async function run() {", ...lines.slice(body), "}"].join(
    "\n",
  );
  const path = join(ROOT, "test/output", `page-${process.pid}-${fence.line}.ts`);
  await writeFile(path, text);
  try {
    return await bundleForBrowser(pathToFileURL(path));
  } finally {
    await rm(path);
  }
}
