import { afterAll, beforeAll, describe } from "vitest";
import { BROWSERS } from "./browsers.ts";
import type { DrivenBrowser, DrivenTab } from "./driven-browser.ts";
import { type Stage, startStage } from "./stage.ts";

/** Where the pages of a test are. */
export interface Place {
  readonly browser: DrivenBrowser;
  readonly stage: Stage;
}

/**
 * Describe tests once for each browser, each with a stage of its own.
 *
 * @param accessTtlMs how long access tokens last, in milliseconds
 * @param describeTests is given what returns the place, once a test runs
 */
export function inEachBrowser(accessTtlMs: number, describeTests: (place: () => Place) => void): void {
  describe.each(BROWSERS)("in $name", ({ launch }) => {
    let place: Place;
    beforeAll(async () => {
      const [browser, stage] = await Promise.all([launch(), startStage(accessTtlMs)]);
      place = { browser, stage };
    });
    afterAll(async () => {
      await place.browser[Symbol.asyncDispose]();
      await place.stage[Symbol.asyncDispose]();
    });
    describeTests(() => place);
  });
}

/** Open the page with a session in a new tab. */
export async function openHome({ browser, stage }: Place): Promise<DrivenTab> {
  const tab = await browser.openTab();
  await tab.goTo(stage.home);
  return tab;
}
