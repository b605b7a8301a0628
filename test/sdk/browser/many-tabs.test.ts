import { afterAll, beforeAll, expect, test } from "vitest";
import { LIFETIME_MS } from "../kit.ts";
import {
  type BrowserKit,
  type BrowserTab,
  bundlePage,
  createBrowserKit,
  launchBrowser,
  signIn,
} from "./browser-kit.ts";
import { wakeAll } from "./wake-tabs.ts";

const TABS = 100;
const MANY_TABS_TIMEOUT_MS = 600_000;

const stack = new AsyncDisposableStack();
let kit: BrowserKit;
// To open one is most of what a tab costs: all ways have the same ones.
let tabs: readonly BrowserTab[];

beforeAll(async () => {
  const [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
  stack.use(browser);
  kit = stack.use(await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS }));
  tabs = await Promise.all(Array.from({ length: TABS }, () => kit.openEmptyTab()));
}, MANY_TABS_TIMEOUT_MS);
afterAll(() => stack.disposeAsync());

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
    const [first, ...others] = tabs as readonly [BrowserTab, ...BrowserTab[]]; // There are TABS of them.
    await first.load(query);
    await signIn(first);
    await Promise.all(others.map(({ load }) => load(query)));
    for (const { run } of tabs) {
      await run(({ session }) => session.ready);
    }
    const before = kit.server.counts();
    kit.server.distrust();
    const woken = await wakeAll(tabs);
    expect(woken.map(({ id }) => id)).toEqual(tabs.map(() => "1"));
    const after = kit.server.counts();
    expect(after.rotations - before.rotations).toBe(1);
    expect(after.refreshes - before.refreshes).toBeLessThanOrEqual(most);
    for (const { run } of tabs) {
      expect(await run(({ session }) => session.getSnapshot())).toMatchObject({
        status: "signed_in",
        generation: 2,
      });
      expect(await run(({ events }) => events.filter(({ type }) => type === "signed_out"))).toEqual([]);
    }
  },
);
