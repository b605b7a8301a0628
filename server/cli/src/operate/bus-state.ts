import type { BusTest, Observer } from "@countersign/server";
import type { Logger } from "pino";

/** Whether messages between servers arrive, for `/readyz`. A server without them takes calls all the same. */
export interface BusState {
  /** Observes the messages of the server to itself. */
  readonly observer: Observer;
  /** Make what logs errors of a broker. Until the next message to itself, they are what is known. */
  reportTo(log: Pick<Logger, "error">): (error: unknown) => void;
  /** Whether messages arrive; undefined before the first message, and without a bus. */
  isUp(): boolean | undefined;
  /** What is known, as members of a status; nothing before the first message. */
  describe(): { readonly bus?: BusTest["result"] };
}

/** Create it for a server that has sent no message to itself yet. */
export function createBusState(): BusState {
  let last: BusTest["result"] | undefined;
  return {
    observer: {
      busTested: ({ result }) => {
        last = result;
      },
    },
    reportTo: (log) => (err) => {
      last = "failed";
      log.error({ err }, "servers get no messages from each other over the bus");
    },
    isUp: () => (last === undefined ? undefined : last === "delivered"),
    describe: () => (last === undefined ? {} : { bus: last }),
  };
}
