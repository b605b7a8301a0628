import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { inEachBrowser, openHome } from "./in-each-browser.ts";
import { call, isSound, signIn } from "./stage.ts";

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

inEachBrowser(600_000, (place) => {
  test("a page whose database does not answer is not signed out, and has its session when it does", async () => {
    const [occupant, tab] = [await openHome(place()), await openHome(place())];
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
