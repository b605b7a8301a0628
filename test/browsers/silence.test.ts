import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { BROWSERS } from "./browsers.ts";
import type { DrivenBrowser } from "./driven-browser.ts";
import { call, isSound, openHome, type Stage, signIn, startStage } from "./stage.ts";

/** Keep a transaction of the database under way, as a page in WebKit's back/forward cache would, until `isFree` is set. */
const OCCUPY = `new Promise((resolve) => {
  const opening = indexedDB.open("countersign", 1);
  opening.onsuccess = () => {
    const entries = opening.result.transaction("entries", "readwrite").objectStore("entries");
    const goOn = () => {
      resolve();
      if (!globalThis.isFree) entries.get("none").onsuccess = goOn;
    };
    goOn();
  };
})`;

describe.each(BROWSERS)("in $name", ({ launch }) => {
  let browser: DrivenBrowser;
  let stage: Stage;
  beforeAll(async () => {
    [browser, stage] = await Promise.all([launch(), startStage(600_000)]);
  });
  afterAll(async () => {
    await browser[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  test("a page whose database does not answer is not signed out, and has its session when it does", async () => {
    const [occupant, tab] = [await openHome(browser, stage), await openHome(browser, stage)];
    await signIn(occupant);
    await occupant.evaluate(OCCUPY);
    await tab.reload();
    await tab.evaluate("account.session.ready");
    const silent = await call(tab);
    expect(silent).toMatchObject({ status: "loading", degraded: true });
    expect(silent.failure).toContain("[unavailable]");
    await occupant.evaluate("void (globalThis.isFree = true)");
    const sound = await eventually(
      async () => {
        const state = await call(tab);
        return isSound(state) ? state : undefined;
      },
      { timeoutMs: 120_000, intervalMs: 500 },
    );
    expect(sound.events).toEqual(["degraded", "recovered"]);
    await tab.reload();
    expect(isSound(await call(tab))).toBe(true);
  });
});
