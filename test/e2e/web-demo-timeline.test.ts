import type { Client } from "@connectrpc/connect";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { openDemoPage, signInAsDemo } from "../support/demo-page.ts";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { type ServerProcess, startServer } from "../support/server-process.ts";

const stack = new AsyncDisposableStack();
let server: ServerProcess;
let browser: Browser;
/** The same account from another program, whose network nobody cuts. */
let elsewhere: Client<typeof NotesService>;

beforeAll(async () => {
  const env = { COUNTERSIGN_CLOCK_TOLERANCE: "0s" };
  [server, browser] = await Promise.all([startServer({ env }), launchBrowser()]);
  stack.use(server);
  stack.use(browser);
  const { accessToken } = await signIn(server.baseUrl);
  elsewhere = clientOf(NotesService, { baseUrl: server.baseUrl, token: accessToken });
});

afterAll(() => stack.disposeAsync());

const NOTHING_LOST = /^(\d+) notes? confirmed by the server, \1 arrived: none missed, none twice\.$/;

test("a viewer sees one stream cross tokens of five seconds, and survive a cut without a gap", async () => {
  await using demo = await openDemoPage(browser, server.baseUrl);
  const { page, complaints } = demo;
  await signInAsDemo(page);
  expect(await lifeShown(page)).toBe("10 min");

  await page.getByRole("button", { name: "Show me" }).click();
  await untilTotals(page, ({ tokens, messages }) => tokens >= 4 && messages >= 10);
  expect((await totalsOf(page)).interruptions).toBe(0);
  expect(Number.parseFloat(await lifeShown(page))).toBeLessThanOrEqual(5);
  await untilNothingIsLost(page);

  await page.getByRole("button", { name: "Cut the network" }).click();
  await page.getByText("The stream is interrupted").waitFor();
  await page.getByRole("log").getByText("You cut the network.").waitFor();
  expect(await page.getByRole("button", { name: "Open a second tab" }).isDisabled()).toBe(true);
  const before = (await totalsOf(page)).messages;
  await elsewhere.createNote({ title: "written during the cut" });
  expect((await totalsOf(page)).messages).toBe(before);

  await page.getByRole("button", { name: "Restore the network" }).click();
  const feed = page.getByRole("list", { name: "Live feed" });
  await feed.getByText("written during the cut").waitFor();
  await untilTotals(page, ({ messages }) => messages >= before + 8);
  expect((await totalsOf(page)).interruptions).toBe(1);
  await untilNothingIsLost(page);
  expect(await feed.getByText("written during the cut").count()).toBe(1);
  await page
    .getByRole("log")
    .getByText(/Stream resumed after #\d+/)
    .waitFor();

  await page.getByText("Show as a table").click();
  await page.getByRole("row").getByText("renewed in place").first().waitFor();
  await page.getByRole("row").getByText("resumed after an interruption").waitFor();
  const chart = page.getByRole("img", {
    name: /one stream has run on \d+ tokens: it was renewed \d+ times?/,
  });
  expect(await chart.count()).toBe(1);

  await page.getByRole("button", { name: "Stop the show" }).click();
  await eventually(async () => ((await titlesOnServer()).length === 1 ? true : undefined));
  expect(await titlesOnServer()).toEqual(["written during the cut"]);
  expect(complaints).toEqual([]);
});

test("a page that was closed in the middle leaves a tick, and the next one deletes it", async () => {
  const { page } = await openDemoPage(browser, server.baseUrl);
  await signInAsDemo(page);
  await page.getByRole("checkbox", { name: "Write a note every second" }).check();
  await untilTotals(page, ({ messages }) => messages >= 2);
  await page.context().setOffline(true);
  await page.close();
  expect((await titlesOnServer()).some((title) => title.startsWith("Tick "))).toBe(true);

  await using next = await openDemoPage(browser, server.baseUrl);
  await signInAsDemo(next.page);
  await eventually(async () => {
    const titles = await titlesOnServer();
    return titles.some((title) => title.startsWith("Tick ")) ? undefined : true;
  });
  const list = next.page.getByRole("list", { name: "Your notes" });
  expect(await list.getByText(/^Tick /).count()).toBe(0);
});

test("a visitor tries to break it, and sees what the server says", async () => {
  await using demo = await openDemoPage(browser, server.baseUrl);
  const { page, complaints } = demo;
  await signInAsDemo(page);
  await tryOut(page, "Take it away", [
    "REFRESH_UNAVAILABLE",
    "OK · the API verifies the token by itself",
    "kept",
  ]);
  await tryOut(page, "Count all notes", ["TOKEN_MISSING", "PERMISSION_DENIED · POLICY_DENIED"]);
  await tryOut(page, "Start it", ["does not start", "ForgottenService/PayOut has no access rule"]);
  await tryOut(page, "Steal the token", [
    /as a bearer token.*TOKEN_INVALID.*without a proof.*DPOP_PROOF_INVALID.*another key.*DPOP_PROOF_INVALID/s,
    "OK · the token was good all the time",
  ]);
  await tryOut(page, "Steal it", [
    /with another key.*DPOP_PROOF_INVALID.*OK · nothing was revoked/s,
    "SESSION_REVOKED · reuse_detected",
    /Its stream, \d+ ms later.*SESSION_REVOKED/,
  ]);
  await tryOut(page, "Revoke it", ["OK", /Its stream, \d+ ms later.*SESSION_REVOKED/]);
  const guide = await page.request.get(await hrefOf(page, "Guide: Forget a rule"));
  expect(guide.headers()["content-type"]).toBe("text/plain; charset=utf-8");
  expect(await guide.text()).toMatch(/^# /);

  const devices = page.getByRole("list", { name: "Signed in on" }).getByRole("listitem");
  await devices.filter({ hasText: "this one" }).waitFor();
  expect(await devices.count()).toBeGreaterThan(1);
  await page.getByRole("button", { name: "Sign out the others" }).click();
  await eventually(async () => ((await devices.count()) === 1 ? true : undefined));
  await page.getByRole("status", { name: "Feed status" }).getByText("Live").waitFor();
  expect(complaints).toEqual([]);
});

/** Press the button of a trial, and wait for what it finds. */
async function tryOut(page: Page, button: string, finds: readonly (string | RegExp)[]): Promise<void> {
  await page.getByRole("button", { name: button }).click();
  const row = page.getByRole("listitem").filter({ has: page.getByRole("button", { name: button }) });
  for (const text of finds) {
    await row.getByRole("status").filter({ hasText: text }).waitFor();
  }
}

async function hrefOf(page: Page, link: string): Promise<string> {
  const href = await page.getByRole("link", { name: link }).getAttribute("href");
  return new URL(href ?? "", page.url()).href;
}

interface Totals {
  readonly tokens: number;
  readonly interruptions: number;
  readonly messages: number;
}

const TOTALS = /^1 stream · (\d+) tokens? · (\d+) interruptions? · (\d+) messages?$/;

async function totalsOf(page: Page): Promise<Totals> {
  const text = await page.getByTestId("totals").innerText();
  const [, tokens, interruptions, messages] = TOTALS.exec(text.replaceAll(/\s+/g, " ")) ?? [];
  return { tokens: Number(tokens), interruptions: Number(interruptions), messages: Number(messages) };
}

async function untilTotals(page: Page, isReached: (totals: Totals) => boolean): Promise<void> {
  await eventually(async () => (isReached(await totalsOf(page)) ? true : undefined));
}

async function untilNothingIsLost(page: Page): Promise<void> {
  await page.getByTestId("proof").filter({ hasText: NOTHING_LOST }).waitFor();
}

async function lifeShown(page: Page): Promise<string> {
  return page.getByTestId("life").innerText();
}

async function titlesOnServer(): Promise<readonly string[]> {
  return (await elsewhere.listNotes({})).notes.map(({ title }) => title);
}
