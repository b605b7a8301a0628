import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { openDemoPage, signInAsDemo } from "../support/demo-page.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder } from "../support/temporary-folder.ts";

const TOKENS = { COUNTERSIGN_ACCESS_TTL: "3s", COUNTERSIGN_CLOCK_TOLERANCE: "0s" };

const stack = new AsyncDisposableStack();
let browser: Browser;
let dataDir: string;

beforeAll(async () => {
  const [launched, folder] = await Promise.all([launchBrowser(), createTemporaryFolder()]);
  browser = stack.use(launched);
  dataDir = stack.use(folder).path;
});

afterAll(() => stack.disposeAsync());

/** The server where another one has been: on its data and at its address. */
function startAgain({ baseUrl }: ServerProcess): Promise<ServerProcess> {
  return startServer({ dataDir, env: { ...TOKENS, COUNTERSIGN_PORT: new URL(baseUrl).port } });
}

// Each has a server and a page of its own, and waits for what the page does in its own time.
describe.concurrent("a page whose server comes and goes", () => {
  test("a page outlives its server: it says so, keeps what was written, and goes on with the next one", async () => {
    const first = await startServer({ dataDir, env: TOKENS });
    await using opened = await openDemoPage(browser, first.baseUrl);
    const { page } = opened;
    await signInAsDemo(page);

    await first[Symbol.asyncDispose]();
    const form = await writeNote(page, "written while nobody listened");
    await form.getByText("What you wrote stays here").waitFor();
    await page.getByText("The server does not answer. Your session is kept").waitFor();
    await page.getByText("it has expired").waitFor();
    expect(await isCovered(page)).toBe(false);

    await using _second = await startAgain(first);
    await page.getByRole("status", { name: "Feed status" }).getByText("Live").waitFor();
    await page.getByText("The server does not answer. Your session is kept").waitFor({ state: "detached" });
    await page.getByText("until it expires").waitFor();
    await form.getByRole("button", { name: "Save note" }).click();
    await page.getByRole("list", { name: "Your notes" }).getByText("written while nobody listened").waitFor();
  });

  test("two tabs that refresh at once have one token, and a sign-out in one is a sign-out in the other", async () => {
    await using server = await startServer({ env: TOKENS });
    await using opened = await openDemoPage(browser, server.baseUrl);
    await signInAsDemo(opened.page);
    const opening = opened.page.context().waitForEvent("page");
    await opened.page.getByRole("button", { name: "Open a second tab" }).click();
    const other = await opening;
    await opened.page.getByText(/^\d requests?, one token for both$/).waitFor();
    await other.getByRole("button", { name: "Sign out", exact: true }).click();
    await other.getByRole("form", { name: "Sign in" }).waitFor();
    await opened.page.getByRole("form", { name: "Sign in" }).waitFor();
    await opened.page.getByText("You are signed out.").waitFor();
  });

  test("a sign-in that reaches no server is no wrong password: the button stays in focus, for another try", async () => {
    const server = await startServer({ env: TOKENS });
    await using opened = await openDemoPage(browser, server.baseUrl);
    const { page } = opened;
    await page.getByRole("button", { name: /^demo / }).click();
    await server[Symbol.asyncDispose]();
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("The server cannot be reached.").waitFor();
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe("Sign in");
  });
});

async function writeNote(page: Page, title: string) {
  await page.getByRole("button", { name: "New note" }).click();
  const form = page.getByRole("form", { name: "New note" });
  await form.getByLabel("Title").fill(title);
  await form.getByRole("button", { name: "Save note" }).click();
  return form;
}

/** Whether the end of the page lies under the banner, with no way to scroll it out. */
function isCovered(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    window.scrollTo(0, document.documentElement.scrollHeight);
    const last = document.querySelector(".workspace__aside")?.getBoundingClientRect().bottom ?? Infinity;
    return last > (document.querySelector(".banner")?.getBoundingClientRect().top ?? 0);
  });
}
