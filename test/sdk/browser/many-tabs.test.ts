import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIFETIME_MS } from "../kit.ts";
import { bundlePage, createBrowserKit, launchBrowser, signIn } from "./browser-kit.ts";
import { wakeAll } from "./wake-tabs.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

const TABS = 100;
const MANY_TABS_TIMEOUT_MS = 600_000;

// A tab waits 3 s for the lock and then goes on without it, which row 4 tests. On a slow machine the last of 100 tabs wait
// longer than that. Here the clock of that wait stands still: the count is of what the lock does, on every machine.
const WAYS = [
  { row: "2", name: "with Web Locks", query: "no-lock-timeout", most: 2 },
  { row: "3", name: "without Web Locks and BroadcastChannel", query: "no-locks&no-channel", most: TABS },
];

test.each(WAYS)(
  "row $row: 100 tabs that wake at once $name get one successor",
  { timeout: MANY_TABS_TIMEOUT_MS },
  async ({ query, most }) => {
    await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
    const first = await kit.openTab(query);
    await signIn(first);
    const tabs = [first, ...(await Promise.all(Array.from({ length: TABS - 1 }, () => kit.openTab(query))))];
    for (const { run } of tabs) {
      await run(({ session }) => session.ready);
    }
    kit.server.distrust();
    const woken = await wakeAll(tabs);
    expect(woken.map(({ id }) => id)).toEqual(tabs.map(() => "1"));
    expect(kit.server.counts().rotations).toBe(1);
    expect(kit.server.counts().refreshes).toBeLessThanOrEqual(most);
    for (const { run } of tabs) {
      expect(await run(({ session }) => session.getSnapshot())).toMatchObject({
        status: "signed_in",
        generation: 2,
      });
      expect(await run(({ events }) => events.filter(({ type }) => type === "signed_out"))).toEqual([]);
    }
  },
);
