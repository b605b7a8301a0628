import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { startTcpProxy } from "../support/tcp-proxy.ts";
import type { DrivenTab } from "./driven-browser.ts";
import { inEachBrowser, openHome } from "./in-each-browser.ts";
import { call, isSound, signIn } from "./stage.ts";

const TTL_MS = 5_000;

/** Wait until the page has read a title of the feed. */
function untilRead(tab: DrivenTab, title: string): Promise<unknown> {
  const look = async () => ((await tab.evaluate("account.titles.at(-1)")) === title ? true : undefined);
  return eventually(look, { timeoutMs: 120_000, intervalMs: 200 });
}

inEachBrowser(TTL_MS, (place) => {
  test("a stream goes on over several tokens, and nothing of it is missed or comes twice", async () => {
    const tab = await openHome(place());
    await signIn(tab);
    await tab.evaluate("void account.watch()");
    const { generation } = await call(tab);
    const written: unknown[] = [];
    while ((await call(tab)).generation < generation + 3) {
      const title = `note ${written.length}`;
      written.push(await tab.evaluate(`account.write(${JSON.stringify(title)})`));
      await untilRead(tab, title);
    }
    expect(await tab.evaluate("account.titles")).toEqual(written);
    await tab.evaluate("account.session.signOut()");
    expect(await call(tab)).toMatchObject({ status: "signed_out" });
  });

  test("a network that is lost signs nobody out, and the stream goes on when it is back", async () => {
    const { browser, stage } = place();
    let ports = [Number(new URL(stage.server).port)];
    const open = ports;
    await using proxy = await startTcpProxy(() => ports);
    const tab = await browser.openTab();
    await tab.goTo(stage.homeBehind(proxy.baseUrl));
    await signIn(tab);
    await tab.evaluate("void account.watch()");
    await tab.evaluate('account.write("before")');
    await untilRead(tab, "before");
    ports = [];
    proxy.cut();
    expect(await call(tab)).toMatchObject({ status: "signed_in", failure: expect.stringMatching(/./) });
    ports = open;
    const back = async () => (isSound(await call(tab)) ? true : undefined);
    await eventually(back, { timeoutMs: 120_000, intervalMs: 500 });
    await tab.evaluate('account.write("behind")');
    await untilRead(tab, "behind");
    expect(await tab.evaluate('account.titles.filter((title) => title === "before").length')).toBe(1);
  });
});
