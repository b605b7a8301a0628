import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import type { DrivenTab } from "./driven-browser.ts";
import { inEachBrowser, openHome } from "./in-each-browser.ts";
import type { AccountState } from "./pages/account.ts";
import { call, isSound, signIn } from "./stage.ts";

const RETURNS = 12;
const TTL_MS = 5_000;
// Over every moment of a token's life, and past its end.
const MAX_GONE_MS = 1.4 * TTL_MS;

/** A way to come back to a page that was left for another origin. */
interface Way {
  readonly name: string;
  readonly comeBack: (tab: DrivenTab, home: string, count: number) => Promise<unknown>;
  /** Whether it brings the page as it was left: from the back/forward cache. */
  readonly isCached: boolean;
}

const WAYS: readonly Way[] = [
  { name: "by history", comeBack: (tab) => tab.goBack(), isCached: true },
  { name: "by link", comeBack: (tab, home) => tab.goTo(home), isCached: false },
  {
    name: "by history and by link in turn",
    comeBack: (tab, home, count) => (count % 2 === 0 ? tab.goBack() : tab.goTo(home)),
    isCached: true,
  },
];

/** What a page begins a moment before it is left, and how long it is away before that. */
const BEGUN = [
  { title: "a refresh", awayMs: 0.7 * TTL_MS, begin: "account.call()" },
  { title: "a sign-in", awayMs: 0, begin: "account.signIn().catch(() => undefined)" },
  {
    title: "a sign-out and a sign-in",
    awayMs: 0,
    begin: "account.session.signOut().then(account.signIn).catch(() => undefined)",
  },
] as const;

inEachBrowser(TTL_MS, (place) => {
  /** Test that all pages had their session. @returns how many of them came from the back/forward cache */
  function expectSound(title: string, states: readonly AccountState[]): number {
    const sound = states.filter(isSound).length;
    const cached = states.filter(({ returns }) => returns > 0).length;
    process.stdout.write(
      `${place().browser.name}: ${title}: ${sound} of ${states.length} sound, ${cached} from the cache\n`,
    );
    expect(states.filter((state) => !isSound(state))).toEqual([]);
    return cached;
  }

  test.each(WAYS)(
    "a page that is come back to $name has its session, and so when it is reloaded",
    async ({ name, comeBack, isCached }) => {
      const tab = await openHome(place());
      await signIn(tab);
      const returned: AccountState[] = [];
      const reloaded: AccountState[] = [];
      for (let count = 0; count < RETURNS; count += 1) {
        await tab.goTo(place().stage.away);
        await pause((MAX_GONE_MS * count) / RETURNS);
        await comeBack(tab, place().stage.home, count);
        returned.push(await call(tab));
        await tab.reload();
        reloaded.push(await call(tab));
      }
      expect(expectSound(`come back to ${name}`, returned) > 0).toBe(isCached);
      expect(expectSound(`come back to ${name} and reloaded`, reloaded)).toBe(0);
    },
  );

  test.each(BEGUN)(
    "a page that is left during $title keeps what is stored",
    async ({ title, awayMs, begin }) => {
      const tab = await openHome(place());
      const states: AccountState[] = [];
      for (let count = 0; count < RETURNS; count += 1) {
        await signIn(tab);
        await tab.goTo(place().stage.away);
        await pause(awayMs);
        await tab.goBack();
        await tab.evaluate(`void (globalThis.begun = ${begin})`);
        await pause(count * 8);
        await tab.goTo(place().stage.away);
        await tab.goBack();
        await tab.evaluate("globalThis.begun");
        // It may have failed, as any call may: the user tries again.
        const { status } = (await tab.evaluate(
          "account.session.ready.then(() => account.state())",
        )) as AccountState;
        if (status === "signed_out") {
          await signIn(tab);
        }
        states.push(await call(tab));
        await tab.reload();
        states.push(await call(tab));
      }
      // Firefox may keep none of them: they wait for an answer.
      expectSound(`left during ${title}`, states);
    },
  );

  test("what happens in other tabs does not wait for a page that was left, and reaches it when it is back", async () => {
    const [left, other] = [await openHome(place()), await openHome(place())];
    await signIn(left);
    const states: AccountState[] = [];
    for (let count = 0; count < RETURNS; count += 1) {
      await left.goTo(place().stage.away);
      states.push(await call(other));
      await other.evaluate("account.session.signOut()");
      await left.goBack();
      expect(await call(left)).toMatchObject({ status: "signed_out", degraded: false });
      await left.goTo(place().stage.away);
      await signIn(other);
      await left.goBack();
      states.push(await call(left));
    }
    expect(expectSound("two tabs", states)).toBeGreaterThan(0);
  });
});
