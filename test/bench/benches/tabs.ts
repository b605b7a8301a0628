import { bundlePage, createBrowserKit, signIn } from "../../sdk/browser/browser-kit.ts";
import { wakeAll } from "../../sdk/browser/wake-tabs.ts";
import { LIFETIME_MS } from "../../sdk/kit.ts";
import { launchBrowser } from "../../support/browser.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave, quantile } from "../run/rounds.ts";

const TABS = 100;
const QUICK_TABS = 3;

/** How long the last of many tabs waits that wake at once, with one refresh among them. */
export const tabsBench: Bench = {
  name: "tabs",
  describe: [
    `${TABS} tabs of one origin in Chromium, whose token is not accepted any more, call at one moment: from then until`,
    "each has its answer, with one refresh among them; the browser and the server share the machine",
  ],
  comparisons: [{ ours: "answered-max", better: "lower", target: 3_000 }],
  run: runTabs,
};

async function runTabs({ rounds, quick }: BenchOptions): Promise<readonly Row[]> {
  const [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
  await using _browser = browser;
  await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
  const tabs = await Promise.all(Array.from({ length: quick ? QUICK_TABS : TABS }, () => kit.openTab()));
  for (const { run } of tabs) {
    await run(({ session }) => session.ready);
  }
  for (const tab of tabs.slice(0, 1)) {
    await signIn(tab);
  }
  const measure = async (): Promise<readonly Reading[]> => {
    kit.server.distrust();
    const times = (await wakeAll(tabs)).map(({ tookMs }) => tookMs).toSorted((a, b) => a - b);
    return [
      { side: "answered-p50", unit: "ms", value: quantile(times, 0.5) },
      { side: "answered-max", unit: "ms", value: quantile(times, 1) },
    ];
  };
  return await interleave("tabs", [{ name: "tabs", measure }], rounds);
}
