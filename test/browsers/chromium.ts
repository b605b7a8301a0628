import { launchBrowser } from "../support/browser.ts";
import type { DrivenBrowser } from "./driven-browser.ts";

// Playwright switches the back/forward cache off.
const OPTIONS = { ignoreDefaultArgs: ["--disable-back-forward-cache"] };

/** Start Chromium as its users have it, with a back/forward cache. */
export async function launchChromium(): Promise<DrivenBrowser> {
  const browser = await launchBrowser(OPTIONS);
  const context = await browser.newContext();
  return {
    name: `Chromium ${browser.version()}`,
    async openTab() {
      const page = await context.newPage();
      return {
        goTo: (url) => page.goto(url),
        async goBack() {
          // A page from the back/forward cache is not loaded again.
          await page.goBack({ waitUntil: "commit" });
          await page.waitForFunction(() => document.readyState === "complete");
        },
        reload: () => page.reload(),
        evaluate: (expression) => page.evaluate(expression),
      };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
