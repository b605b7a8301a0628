import type { Side } from "./side.ts";

/** The steps at which a client waits for the server. */
export type WaitingStep = "until handler" | "until gate" | "shutdown";

/** Wait until a server has come to a point, or bring it there. @param over ends the waiting: the answer has come */
export async function untilReached(step: WaitingStep, side: Side, over: Promise<unknown>): Promise<void> {
  const acts = {
    "until handler": () => side.journal.until("handler"),
    "until gate": () => side.journal.until("gate"),
    shutdown: () => Promise.resolve(side.shutDown()),
  } satisfies Record<WaitingStep, () => Promise<void>>;
  await Promise.race([acts[step](), over.catch(() => undefined)]);
}
