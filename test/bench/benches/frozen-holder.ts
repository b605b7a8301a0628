import { bundlePage, createBrowserKit } from "../../sdk/browser/browser-kit.ts";
import { freezeHolder, timeCall } from "../../sdk/browser/freeze.ts";
import { LIFETIME_MS } from "../../sdk/kit.ts";
import { launchBrowser } from "../../support/browser.ts";
import type { Bench, BenchOptions, Reading, Row } from "../run/bench.ts";
import { interleave } from "../run/rounds.ts";

/** How long a tab waits for a token when the tab that holds their lock is frozen. */
export const frozenHolderBench: Bench = {
  name: "frozen-holder",
  describe: [
    "two tabs of one origin in Chromium, whose token is not accepted any more; one is frozen while it refreshes: how long",
    "a call of the other takes, which waits 3,000 ms for the lock and then refreshes without it",
  ],
  comparisons: [{ ours: "answered", better: "lower", target: 3_500 }],
  run: runFrozenHolder,
};

async function runFrozenHolder({ rounds }: BenchOptions): Promise<readonly Row[]> {
  const [browser, script] = await Promise.all([launchBrowser(), bundlePage()]);
  await using _browser = browser;
  const measure = async (): Promise<readonly Reading[]> => {
    await using kit = await createBrowserKit(browser, { script, lifetimeMs: LIFETIME_MS });
    const { other, late, thaw } = await freezeHolder(kit);
    const value = await timeCall(other);
    await thaw();
    await late;
    return [{ side: "answered", unit: "ms", value }];
  };
  return await interleave("frozen-holder", [{ name: "frozen-holder", measure }], rounds);
}
