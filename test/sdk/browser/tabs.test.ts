import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { type BrowserTab, bundlePage, createBrowserKit, launchBrowser } from "./browser-kit.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

const LIFETIME_MS = 600_000;
// Browsers share the machine with the rest of the suite.
vi.setConfig({ testTimeout: 60_000 });

function signIn({ run }: BrowserTab): Promise<void> {
  return run(({ session }) => session.signIn({ username: "demo", password: "demo-password" }));
}

test("a reload stays signed in, and the database shows no token", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab();
  await signIn(tab);
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  await tab.page.reload();
  expect((await tab.run(({ notes }) => notes.getNote({ id: "2" }))).id).toBe("2");
  expect(await tab.run(({ session }) => session.getSnapshot().status)).toBe("signed_in");
  expect(kit.server.counts()).toMatchObject({ signIns: 1, refreshes: 0 });
  const stored = await tab.run(async () => {
    const request = indexedDB.open("countersign");
    await new Promise((resolve) => request.addEventListener("success", resolve));
    const all = request.result.transaction("entries");
    const entries = all.objectStore("entries").getAll();
    await new Promise((resolve) => all.addEventListener("complete", resolve));
    const text = new TextDecoder("latin1").decode(entries.result[0].ciphertext);
    return { count: entries.result.length, text, extractable: entries.result[0].key.extractable as boolean };
  });
  expect(stored).toMatchObject({ count: 1, extractable: false });
  expect(stored.text).not.toMatch(/access|refresh/);
});

test("sign-in, refreshes and sign-out reach other tabs", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [a, b] = [await kit.openTab(), await kit.openTab()];
  await signIn(a);
  await b.page.waitForFunction("tab.session.getSnapshot().status === 'signed_in'", undefined, {
    timeout: 1_000,
  });
  kit.server.distrust();
  await a.run(({ notes }) => notes.getNote({ id: "1" }));
  await b.page.waitForFunction("tab.session.getSnapshot().generation === 2", undefined, { timeout: 1_000 });
  await b.run(({ notes }) => notes.getNote({ id: "1" }));
  expect(kit.server.counts()).toMatchObject({ signIns: 1, refreshes: 1 });
  await a.run(({ session }) => session.signOut());
  await b.page.waitForFunction("tab.session.getSnapshot().status === 'signed_out'", undefined, {
    timeout: 1_000,
  });
  expect(await b.run(({ events }) => events.at(-1))).toEqual({ type: "signed_out", reason: "user" });
});

const TABS = 100;
const MANY_TABS_TIMEOUT_MS = 180_000;

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
    const woken = tabs.map(({ run }) => run(({ notes }) => notes.getNote({ id: "1" })));
    expect((await Promise.all(woken)).map(({ id }) => id)).toEqual(tabs.map(() => "1"));
    expect(kit.server.counts().rotations).toBe(1);
    if (query === "") expect(kit.server.counts().refreshes).toBeLessThanOrEqual(2);
    for (const { run } of tabs) {
      expect(await run(({ session }) => session.getSnapshot())).toMatchObject({
        status: "signed_in",
        generation: 2,
      });
      expect(await run(({ events }) => events.filter(({ type }) => type === "signed_out"))).toEqual([]);
    }
  },
);

test("with a cookie no script ever sees the refresh token, and a reload stays signed in", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab("cookie");
  await signIn(tab);
  const [cookie] = await kit.context.cookies();
  expect(cookie).toMatchObject({ name: "countersign_refresh", value: "refresh-1", httpOnly: true });
  await tab.page.reload();
  kit.server.distrust();
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(kit.server.counts()).toMatchObject({ signIns: 1, rotations: 1 });
  expect((await kit.context.cookies())[0]).toMatchObject({ value: "refresh-2" });
});

test("with a cookie an account switch in one tab does not end the new session from another", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [a, b] = [await kit.openTab("cookie&no-channel"), await kit.openTab("cookie&no-channel&no-locks")];
  await signIn(a);
  await b.run(({ session }) => session.token());
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh(() => gate.promise);
  kit.server.distrust();
  const late = b.run(({ notes }) => notes.getNote({ id: "late" }).then(String, String));
  await expect.poll(() => kit.server.counts().refreshes).toBe(1);
  await signIn(a);
  kit.server.onRefresh();
  gate.resolve();
  expect(await late).toContain("TOKEN_INVALID");
  expect((await a.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(await b.run(({ session }) => session.getSnapshot().sessionId)).toBe("session-2");
});

test("with a cookie an account switch after expiry ends no session but the old one", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab("cookie");
  await signIn(tab);
  // The old token is not accepted any more, so ending its session would need a refresh: with the new cookie.
  kit.server.distrust();
  await signIn(tab);
  await expect.poll(() => kit.server.counts().refreshes).toBe(1);
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(kit.server.counts().signOuts).toBe(0);
});

test("row 4: when the holder of the lock is stuck, others go on after 3 s, and it adopts what they got", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [stuck, other] = [await kit.openTab(), await kit.openTab()];
  await signIn(stuck);
  await other.run(({ session }) => session.token());
  const gate = Promise.withResolvers<void>();
  kit.server.onRefresh((attempt) => (attempt === 1 ? gate.promise : undefined));
  kit.server.distrust();
  const late = stuck.run(({ notes }) => notes.getNote({ id: "late" }));
  await expect.poll(() => kit.server.counts().refreshes).toBe(1);
  const startedMs = performance.now();
  expect((await other.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  const tookMs = performance.now() - startedMs;
  expect(tookMs).toBeGreaterThan(2_900);
  expect(tookMs).toBeLessThan(5_000);
  gate.resolve();
  expect((await late).id).toBe("late");
  expect(kit.server.counts().rotations).toBe(1);
  for (const { run } of [stuck, other]) {
    expect(await run(({ session }) => session.getSnapshot())).toMatchObject({
      status: "signed_in",
      generation: 2,
    });
  }
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

test("goes on when the browser closes the database, as it does when the site's data are cleared", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [tab, other] = [await kit.openTab(), await kit.openTab()];
  await signIn(tab);
  await other.run(
    () =>
      new Promise((resolve) => {
        indexedDB.deleteDatabase("countersign").onsuccess = () => resolve(undefined);
      }),
  );
  await signIn(tab);
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(await tab.run(({ session }) => session.getSnapshot())).toMatchObject({
    status: "signed_in",
    degraded: false,
  });
  await tab.page.reload();
  expect((await tab.run(({ notes }) => notes.getNote({ id: "2" }))).id).toBe("2");
});
