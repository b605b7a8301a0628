import { eventually } from "../../support/eventually.ts";
import { type BrowserKit, type BrowserTab, signIn } from "./browser-kit.ts";

/**
 * Let nothing run in a tab any more: its scripts stop in the debugger at their next step, and its timers stand still.
 * (A page that is shown cannot be put into the life cycle's state `frozen`, and here all are.)
 *
 * @returns what lets it go on
 */
export async function freeze({ page }: BrowserTab): Promise<() => Promise<void>> {
  const debug = await page.context().newCDPSession(page);
  await debug.send("Debugger.enable");
  await debug.send("Debugger.pause");
  return async () => {
    await debug.send("Debugger.disable");
  };
}

/** Two tabs, one of which is frozen while it holds the lock. */
export interface FrozenHolder {
  readonly frozen: BrowserTab;
  readonly other: BrowserTab;
  /** The id of the note that the frozen tab asked for; it comes after `thaw`. */
  readonly late: Promise<string>;
  readonly thaw: () => Promise<void>;
}

/** Open two tabs whose token is not accepted any more, and freeze one while it refreshes. */
export async function freezeHolder({ server, openTab }: BrowserKit): Promise<FrozenHolder> {
  const [frozen, other] = [await openTab(), await openTab()];
  await signIn(frozen);
  await other.run(({ session }) => session.token());
  const gate = Promise.withResolvers<void>();
  server.onRefresh((attempt) => (attempt === 1 ? gate.promise : undefined));
  server.distrust();
  const late = frozen.run(async ({ notes }) => (await notes.getNote({ id: "late" })).id);
  await eventually(() => (server.counts().refreshes === 1 ? true : undefined));
  const thaw = await freeze(frozen);
  // The answer to the frozen tab is on its way, but there is nobody to take it.
  gate.resolve();
  return { frozen, other, late, thaw };
}

/** Make a call. @returns how long it took, in milliseconds */
export function timeCall({ run }: BrowserTab): Promise<number> {
  return run(async ({ notes }) => {
    const startMs = performance.now();
    await notes.getNote({ id: "1" });
    return performance.now() - startMs;
  });
}
