import * as nats from "@nats-io/transport-node";
import { createWorkerBus, type WorkerBus } from "../../../server/cli/src/workers/worker-bus.ts";
import type { MessageBus } from "../../../server/gate/src/kernel/message-bus.ts";
import { keepConnected } from "../../../server/issuer/src/bus/nats-bus.ts";
import { resolveNatsOptions } from "../../../server/issuer/src/bus/nats-options.ts";
import { createNotifyBus } from "../../../server/issuer/src/store/notify-bus.ts";
import { startNats } from "../../support/nats.ts";
import { startPostgres } from "../../support/postgres.ts";

/** One kind of bus, with what carries it. */
export interface BusKind extends AsyncDisposable {
  /** Make the bus of one more process. */
  create(): MessageBus & { close(): Promise<void> };
  /** End what carries it, as a crash does; undefined: it goes with the processes. */
  readonly stop?: () => Promise<void>;
  /** Start it again. */
  readonly start?: () => Promise<void>;
}

/** Start a Postgres for its bus. */
export async function startPostgresBuses(): Promise<BusKind> {
  const postgres = await startPostgres();
  const url = await postgres.createDatabase();
  return {
    create: () => createNotifyBus(url, { settledMs: 0 }),
    stop: () => postgres.stop("crash"),
    start: () => postgres.start(),
    [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose](),
  };
}

/** Start a NATS server for its bus. */
export async function startNatsBuses(): Promise<BusKind> {
  const server = await startNats();
  const options = resolveNatsOptions({ servers: server.url, onError: () => undefined });
  return {
    create: () => keepConnected(nats, options, 0),
    stop: () => server.kill(),
    start: () => server.start(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Link workers as the process that started them does. */
export function linkWorkerBuses(): BusKind {
  const workers = new Map<WorkerBus, string[]>();
  return {
    create() {
      const channels: string[] = [];
      const bus: WorkerBus = createWorkerBus({
        send(channel, messages) {
          for (const other of workers.keys()) {
            if (other !== bus) {
              other.receive(channel, messages);
            }
          }
        },
        announce(channel, isSubscribed) {
          const at = channels.indexOf(channel);
          channels.splice(
            at === -1 ? channels.length : at,
            at === -1 ? 0 : 1,
            ...(isSubscribed ? [channel] : []),
          );
        },
        countSubscribers: async (channel) =>
          [...workers.values()].filter((those) => those.includes(channel)).length,
      });
      workers.set(bus, channels);
      return { ...bus, close: async () => void workers.delete(bus) };
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
