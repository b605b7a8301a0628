import type { Side } from "./side.ts";

/** The steps at which a client waits for the server. */
export type WaitingStep = "until handler" | "until gate" | "shutdown" | { readonly passSeconds: number };

/** Wait until a server has come to a point, or bring it there. @param over ends the waiting: the answer has come */
export async function untilReached(step: WaitingStep, side: Side, over: Promise<unknown>): Promise<void> {
  if (typeof step === "object") {
    side.pass(step.passSeconds);
    return;
  }
  const acts = {
    "until handler": () => side.journal.until("handler"),
    "until gate": () => side.journal.until("gate"),
    shutdown: () => Promise.resolve(side.shutDown()),
  } satisfies Record<Exclude<WaitingStep, object>, () => Promise<void>>;
  await Promise.race([acts[step](), over.catch(() => undefined)]);
}
