import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIFETIME_MS } from "../kit.ts";
import { bundlePage, createBrowserKit, launchBrowser, signIn } from "./browser-kit.ts";
import { freeze, freezeHolder, timeCall } from "./freeze.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

test("row 4: when the holder of the lock is frozen, others go on without it after 3 s, and the thawed one adopts", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const { frozen, other, late, thaw } = await freezeHolder(kit);
  const tookMs = await timeCall(other);
  expect(tookMs).toBeGreaterThan(2_900);
  expect(await other.run(({ session }) => session.getSnapshot().generation)).toBe(2);
  await thaw();
  expect(await late).toBe("late");
  expect(kit.server.counts().rotations).toBe(1);
  for (const { run } of [frozen, other]) {
    const view = await run(({ session }) => session.getSnapshot());
    expect(view).toMatchObject({ status: "signed_in", generation: 2 });
  }
});

test("row 21: a throttled tab that was frozen past its token's end makes no failed call when it is back", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: 2_000 });
  const tab = await kit.openTab();
  await signIn(tab);
  await tab.run(({ session }) => void session.subscribe(() => undefined));
  const cdp = await kit.context.newCDPSession(tab.page);
  await cdp.send("Emulation.setCPUThrottlingRate", { rate: 10 });
  const thaw = await freeze(tab);
  const { refreshes } = kit.server.counts();
  // Three lives of a token, in which nothing runs in the tab.
  await new Promise((resolve) => setTimeout(resolve, 6_000));
  expect(kit.server.counts().refreshes).toBeLessThanOrEqual(refreshes + 1);
  await thaw();
  const ids = await tab.run(({ notes }) => Promise.all(["1", "2", "3"].map((id) => notes.getNote({ id }))));
  expect(ids.map(({ id }) => id)).toEqual(["1", "2", "3"]);
  const types = await tab.run(({ events }) => events.map(({ type }) => type));
  expect(types).not.toContain("degraded");
  expect(types).not.toContain("signed_out");
});

test("row 22: a tab that was offline makes no failed call when it is back", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab();
  await signIn(tab);
  await kit.context.setOffline(true);
  await expect(tab.run(({ notes }) => notes.getNote({ id: "1" }))).rejects.toThrow();
  await kit.context.setOffline(false);
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(await tab.run(({ session }) => session.getSnapshot().status)).toBe("signed_in");
  expect(await tab.run(({ events }) => events.map(({ type }) => type))).toEqual(["signed_in"]);
});
