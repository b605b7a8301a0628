import type { BrowserTab } from "./browser-kit.ts";
import type { TabApi } from "./page.ts";

const WAKE_IN_MS = 2_000;

/** What a tab got when it woke. */
export interface Woken {
  readonly id: string;
  /** How long after the moment of waking it had its answer, in milliseconds. */
  readonly tookMs: number;
}

/** Have all tabs call at one moment of the clock that they share. */
export function wakeAll(tabs: readonly BrowserTab[]): Promise<readonly Woken[]> {
  const wakeAtMs = Date.now() + WAKE_IN_MS;
  const woken = tabs.map(({ page }) =>
    page.evaluate(async (atMs) => {
      // Made by page.ts, which is not of this program.
      const { notes } = (globalThis as unknown as { readonly tab: TabApi }).tab;
      await new Promise((resolve) => setTimeout(resolve, atMs - Date.now()));
      const { id } = await notes.getNote({ id: "1" });
      return { id, tookMs: Date.now() - atMs };
    }, wakeAtMs),
  );
  return Promise.all(woken);
}
