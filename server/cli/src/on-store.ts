import type { IssuerAdmin } from "@countersign/issuer/internal";
import { type Answer, printAnswer } from "./answer.ts";
import type { Call, RunAction } from "./command.ts";
import { openCommandBackend } from "./open-command-backend.ts";
import { openCommandBus } from "./open-command-bus.ts";
import { orExplain } from "./or-explain.ts";
import { nameStore } from "./store-name.ts";

/** What an action on a store has. */
export interface StoreCall extends Call {
  readonly backend: IssuerAdmin;
}

/** An action on a store. */
export type StoreAction = (call: StoreCall) => Promise<Answer>;

/** How an action opens its store. */
export interface StoreActionOptions {
  /** It has the option `--create`. Default: false. */
  readonly mayCreate?: boolean;
}

/**
 * Make an action of a command from one that works on a store: it names the store on standard error before it begins, and
 * prints the answer.
 */
export function onStore(act: StoreAction, { mayCreate = false }: StoreActionOptions = {}): RunAction {
  return async (call) => {
    const { line, terminal } = call;
    const creation = { isAsked: line.values.create === true, isPossible: mayCreate };
    await using bus = await openCommandBus(line.config, terminal.warn);
    await using backend = await openCommandBackend(line.config, creation, bus);
    const store = nameStore(line.config);
    terminal.warn(`store: ${store}`);
    const answer = await orExplain(() => act({ ...call, backend }));
    printAnswer(answer, { store, isJson: line.values.json === true, print: terminal.print });
  };
}
