import {
  type BrowserKit,
  type BrowserTab,
  bundlePage,
  createBrowserKit,
  signIn,
} from "../../sdk/browser/browser-kit.ts";
import type { TabApi } from "../../sdk/browser/page.ts";
import { LIFETIME_MS } from "../../sdk/kit.ts";
import { launchBrowser } from "../../support/browser.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

const MAX_MS = 1_000;

/** What one tab does, and the snapshot that others then have. */
const NEWS = [
  { side: "sign-in", act: signIn, shown: { status: "signed_in", generation: 1 } },
  {
    side: "refresh",
    act: ({ run }: BrowserTab) => run(({ session }) => session.refresh()),
    shown: { status: "signed_in", generation: 2 },
  },
  {
    side: "sign-out",
    act: ({ run }: BrowserTab) => run(({ session }) => session.signOut()),
    shown: { status: "signed_out" },
  },
] as const;

/** How soon a tab shows what another one has done. */
export const tabNewsBench: Bench = {
  name: "tab-news",
  describe: [
    "two tabs of one origin in Chromium, one of which signs in, refreshes and signs out: from when it begins until the",
    "other shows it",
  ],
  comparisons: NEWS.map(({ side }) => ({ ours: side, better: "lower", target: MAX_MS })),
  run: runTabNews,
};

async function runTabNews({ rounds }: BenchOptions): Promise<readonly Row[]> {
  const [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
  await using _browser = browser;
  const measure = async (): Promise<readonly Reading[]> => {
    await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
    return await measureNews(kit);
  };
  return await interleave("tab-news", [{ name: "tab-news", measure }], rounds);
}

async function measureNews({ openTab }: BrowserKit): Promise<readonly Reading[]> {
  const [acting, other] = [await openTab(), await openTab()];
  const readings: Reading[] = [];
  for (const { side, act, shown } of NEWS) {
    const shownAt = untilShown(other, shown);
    const startMs = Date.now();
    await act(acting);
    readings.push({ side, unit: "ms", value: (await shownAt) - startMs });
  }
  return readings;
}

type Shown = (typeof NEWS)[number]["shown"];

/** Wait until a tab has a snapshot. @returns the time of the clock that all tabs share, in milliseconds */
function untilShown({ page }: BrowserTab, shown: Shown): Promise<number> {
  return page.evaluate((expected) => {
    // Made by page.ts, which is not of this program.
    const { session } = (globalThis as unknown as { readonly tab: TabApi }).tab;
    return new Promise<number>((resolve) => {
      const look = () => {
        const snapshot = session.getSnapshot();
        const isShown = Object.entries(expected).every(
          ([name, value]) => Reflect.get(snapshot, name) === value,
        );
        if (isShown) {
          resolve(Date.now());
        }
      };
      session.subscribe(look);
      look();
    });
  }, shown);
}
