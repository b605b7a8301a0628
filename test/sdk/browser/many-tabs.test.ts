import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlePage, createBrowserKit, launchBrowser, signIn } from "./browser-kit.ts";
import type { TabApi } from "./page.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

const LIFETIME_MS = 600_000;
const TABS = 100;
const MANY_TABS_TIMEOUT_MS = 180_000;
const WAKE_IN_MS = 2_000;
const MAX_WAKE_MS = 3_000;

const WAYS = [
  { row: "2", name: "with Web Locks", query: "" },
  { row: "3", name: "without Web Locks and BroadcastChannel", query: "no-locks&no-channel" },
];

test.each(WAYS)(
  "row $row: 100 tabs that wake at once $name get one successor",
  { timeout: MANY_TABS_TIMEOUT_MS },
  async ({ query }) => {
    await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
    const first = await kit.openTab(query);
    await signIn(first);
    const tabs = [first, ...(await Promise.all(Array.from({ length: TABS - 1 }, () => kit.openTab(query))))];
    for (const { run } of tabs) await run(({ session }) => session.ready);
    kit.server.distrust();
    // All wake at one moment of the clock that they share, and say how long after it they had their answer.
    const wakeAtMs = Date.now() + WAKE_IN_MS;
    const woken = tabs.map(({ page }) =>
      page.evaluate(async (atMs) => {
        // Made by page.ts, which is not of this program.
        const { notes } = (globalThis as unknown as { readonly tab: TabApi }).tab;
        await new Promise((resolve) => setTimeout(resolve, atMs - Date.now()));
        const { id } = await notes.getNote({ id: "1" });
        return { id, tookMs: Date.now() - atMs };
      }, wakeAtMs),
    );
    const answers = await Promise.all(woken);
    expect(answers.map(({ id }) => id)).toEqual(tabs.map(() => "1"));
    expect(kit.server.counts().rotations).toBe(1);
    if (query === "") {
      expect(kit.server.counts().refreshes).toBeLessThanOrEqual(2);
      expect(Math.max(...answers.map(({ tookMs }) => tookMs))).toBeLessThanOrEqual(MAX_WAKE_MS);
    }
    for (const { run } of tabs) {
      expect(await run(({ session }) => session.getSnapshot())).toMatchObject({
        status: "signed_in",
        generation: 2,
      });
      expect(await run(({ events }) => events.filter(({ type }) => type === "signed_out"))).toEqual([]);
    }
  },
);
