import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { inEachBrowser } from "./in-each-browser.ts";
import { signIn } from "./stage.ts";

inEachBrowser(600_000, (place) => {
  test("the key of dpop() is kept over a reload, for two tabs, of which the other one refreshes with it", async () => {
    const { browser, stage } = place();
    const open = async () => {
      const tab = await browser.openTab();
      await tab.goTo(`${stage.home}&dpop`);
      return tab;
    };
    const keyOf = (token: unknown) => decodeJwt<{ cnf?: { jkt: string } }>(String(token)).cnf?.jkt;
    const first = await open();
    await signIn(first);
    const key = keyOf(await first.evaluate("account.session.token()"));
    expect(key).toMatch(/^[\w-]{43}$/);
    await first.reload();
    const second = await open();
    await second.evaluate("account.session.ready");
    await second.evaluate("account.session.refresh()");
    expect(keyOf(await second.evaluate("account.session.token()"))).toBe(key);
    const { generation, status } = (await second.evaluate("account.session.getSnapshot()")) as {
      generation: number;
      status: string;
    };
    expect({ generation, status }).toEqual({ generation: 2, status: "signed_in" });
  });
});
