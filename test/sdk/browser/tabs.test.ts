import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LIFETIME_MS } from "../kit.ts";
import { bundlePage, createBrowserKit, launchBrowser, signIn } from "./browser-kit.ts";

let browser: Browser;
let script: string;

beforeAll(async () => {
  [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
});
afterAll(() => browser.close());

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

test("a base URL that is relative to the page gets the token, wherever the page's links lead", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab("base=/");
  await signIn(tab);
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  // From now on, fetch takes relative URLs to another origin: no token may go there.
  const refused = await tab.run(({ notes }) => {
    document.head.append(Object.assign(document.createElement("base"), { href: "http://localhost:1/" }));
    return notes.getNote({ id: "2" }).then(String, String);
  });
  expect(refused).toContain("origin not allowed");
});

test("servers behind one origin have a session each, however their base URL is written", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [first, second] = [await kit.openTab("base=/"), await kit.openTab("base=/second")];
  await signIn(first);
  const [same, other] = [await kit.openTab(), await kit.openTab("base=/second/")];
  const statuses = [first, second, same, other].map((tab) =>
    tab.run(async ({ session }) => {
      await session.ready;
      return session.getSnapshot().status;
    }),
  );
  expect(await Promise.all(statuses)).toEqual(["signed_in", "signed_out", "signed_in", "signed_out"]);
});

test("sign-in, refreshes and sign-out reach other tabs", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [a, b] = [await kit.openTab(), await kit.openTab()];
  await signIn(a);
  await b.page.waitForFunction("tab.session.getSnapshot().status === 'signed_in'");
  kit.server.distrust();
  await a.run(({ notes }) => notes.getNote({ id: "1" }));
  await b.page.waitForFunction("tab.session.getSnapshot().generation === 2");
  await b.run(({ notes }) => notes.getNote({ id: "1" }));
  expect(kit.server.counts()).toMatchObject({ signIns: 1, refreshes: 1 });
  await a.run(({ session }) => session.signOut());
  await b.page.waitForFunction("tab.session.getSnapshot().status === 'signed_out'");
  expect(await b.run(({ events }) => events.at(-1))).toEqual({ type: "signed_out", reason: "user" });
});

test("tabs share the key of dpop(), which no script can read, over reloads and until the sign-out", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [a, b] = [await kit.openTab("dpop"), await kit.openTab("dpop&base=/")];
  kit.server.setNonce("n-1");
  await signIn(a);
  await b.page.waitForFunction("tab.session.getSnapshot().status === 'signed_in'");
  expect((await b.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  await b.run(({ session }) => session.refresh());
  await b.run(async ({ notes }) => {
    for await (const _ of notes.watchNotes({})) {
      break;
    }
  });
  await a.page.reload();
  expect((await a.run(({ notes }) => notes.getNote({ id: "2" }))).id).toBe("2");
  const keys = () =>
    a.run(async () => {
      const request = indexedDB.open("countersign");
      await new Promise((resolve) => request.addEventListener("success", resolve));
      const all = request.result.transaction("entries");
      const entries = all.objectStore("entries").getAll();
      await new Promise((resolve) => all.addEventListener("complete", resolve));
      return entries.result.map(({ proofKey }) => proofKey?.privateKey.extractable as boolean | undefined);
    });
  expect(await keys()).toEqual([false]);
  await a.run(({ session }) => session.signOut());
  expect(await keys()).toEqual([undefined]);
  expect(kit.server.counts()).toMatchObject({ rotations: 1, signOuts: 1 });
});

test("sign-out in one tab ends the streams of another, those of a follower as well", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const [a, b] = [await kit.openTab(), await kit.openTab()];
  await signIn(a);
  const opened = Promise.withResolvers<void>();
  await b.page.exposeFunction("opened", opened.resolve);
  const ends = b.run(async ({ session, notes, follow }) => {
    await session.token();
    const streams = [notes, follow()].map((client) => client.watchNotes({})[Symbol.asyncIterator]());
    for (const stream of streams) {
      await stream.next();
    }
    Reflect.get(globalThis, "opened")();
    return Promise.all(streams.map((stream) => stream.next().then(String, String)));
  });
  await opened.promise;
  await a.run(({ session }) => session.signOut());
  expect(await ends).toEqual(Array(2).fill("ConnectError: [unauthenticated] signed out"));
  await signIn(a);
  // What follows the tab's session keeps nothing of its own.
  const stored = await b.run(async ({ follow }) => {
    await follow().getNote({ id: "1" });
    const request = indexedDB.open("countersign");
    await new Promise((resolve) => request.addEventListener("success", resolve));
    const keys = request.result.transaction("entries").objectStore("entries").getAllKeys();
    await new Promise((resolve) => keys.addEventListener("success", resolve));
    return keys.result.length;
  });
  expect(stored).toBe(1);
});

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
  expect(await late).toContain("signed out");
  expect((await a.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(await b.run(({ session }) => session.getSnapshot().sessionId)).toBe("session-2");
});

test("with a cookie an account switch after expiry ends no session but the old one", async () => {
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tab = await kit.openTab("cookie");
  await signIn(tab);
  // The old token is not accepted any more: to end its session, only the new one's cookie would be left.
  kit.server.distrust();
  const refused = tab.page.waitForResponse(/SignOut$/);
  await signIn(tab);
  await refused;
  expect((await tab.run(({ notes }) => notes.getNote({ id: "1" }))).id).toBe("1");
  expect(kit.server.counts().refreshes).toBe(0);
  expect(kit.server.counts().signOuts).toBe(0);
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
