import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBarriers } from "../support/accessibility.ts";
import { launchBrowser } from "../support/browser.ts";
import { openDemoPage, signInAsDemo } from "../support/demo-page.ts";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

const stack = new AsyncDisposableStack();
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  const env = { COUNTERSIGN_ACCESS_TTL: "2s", COUNTERSIGN_CLOCK_TOLERANCE: "0s" };
  [server, browser] = await Promise.all([startServer({ env }), launchBrowser()]);
  stack.use(server);
  stack.use(browser);
});

afterAll(() => stack.disposeAsync());

test("a newcomer signs in, sees notes arrive live over three tokens, reloads, and signs out", async () => {
  const { page, complaints } = await openDemoPage(browser, server.baseUrl);

  expect(await findBarriers(page)).toEqual([]);
  await signInAsDemo(page);

  const first = await writeElsewhere("written elsewhere");
  await seeInFeed(page, first);
  await writeHere(page, "written in the page");

  await page.getByRole("button", { name: "Start it" }).click();
  await page.getByText("ForgottenService/PayOut has no access rule").waitFor();
  const before = await generationOf(page);
  expect(await findBarriers(page)).toEqual([]);
  await eventually(async () => ((await generationOf(page)) >= before + 3 ? true : undefined));
  await page
    .getByRole("log")
    .getByText(/Access token refreshed.*times/)
    .first()
    .waitFor();
  const second = await writeElsewhere("after three refreshes");
  await seeInFeed(page, second);

  await page.reload();
  await page.getByRole("list", { name: "Your notes" }).getByText("written in the page").waitFor();
  const third = await writeElsewhere("after the reload");
  await seeInFeed(page, third);

  await deleteHere(page, "written in the page");
  await page.getByRole("button", { name: "Sign out", exact: true }).click();
  await page.getByText("You are signed out.").waitFor();
  await page.reload();
  await page.getByRole("form", { name: "Sign in" }).waitFor();
  expect(complaints).toEqual([]);
});

test("a wrong password is answered in words, and the form stays", async () => {
  const { page } = await openDemoPage(browser, server.baseUrl);
  await page.getByLabel("Username").fill("demo");
  await page.getByLabel("Password").fill("not the password");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").waitFor();
  expect(await page.getByRole("alert").innerText()).toMatch(/password/i);
  expect(await page.getByLabel("Username").inputValue()).toBe("demo");
});

/** Write a note of the same account from another program. */
async function writeElsewhere(title: string): Promise<string> {
  const { accessToken } = await signIn(server.baseUrl);
  await clientOf(NotesService, { baseUrl: server.baseUrl, token: accessToken }).createNote({ title });
  return title;
}

async function seeInFeed(page: Page, title: string): Promise<void> {
  await page.getByRole("list", { name: "Live feed" }).getByText(title).waitFor();
}

async function writeHere(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: "New note" }).click();
  const form = page.getByRole("form", { name: "New note" });
  await form.getByLabel("Title").fill(title);
  await form.getByRole("button", { name: "Save note" }).click();
  await page.getByRole("list", { name: "Your notes" }).getByText(title).waitFor();
}

async function deleteHere(page: Page, title: string): Promise<void> {
  await page.getByRole("button", { name: `Delete note: ${title}` }).click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.getByRole("list", { name: "Your notes" }).getByText(title).waitFor({ state: "detached" });
}

async function generationOf(page: Page): Promise<number> {
  return Number(await page.getByTestId("generation").innerText());
}
