import type { BusTest, MessageBus } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";
import { joinBuses } from "./join-buses.ts";
import type { NotifyBus } from "./notify-bus.ts";
import { testBus } from "./test-bus.ts";

/** The bus of a store of several servers. */
export interface OpenedBus {
  readonly bus: MessageBus;
  /** How often to look at the store while its messages arrive, in milliseconds; undefined: they do not, as far as is known. */
  notifiedPollMs(): number | undefined;
  /** Let go of what was opened for it. A bus that was given stays open. */
  close(): Promise<void>;
}

/** What {@link openBus} needs. */
export interface OpenBusOptions {
  /** The bus that was given; undefined: none was. */
  readonly given: MessageBus | undefined;
  /** Creates that of the store, which tests itself. */
  readonly createOwn: () => NotifyBus;
  /** Receives what came of the messages to itself of a bus in the place of the store's. */
  readonly onTested: ((test: BusTest) => void) | undefined;
}

/** How often to look while messages arrive, in milliseconds: a look also says that the database still answers. */
const OWN_POLL_MS = 2_000;

/**
 * On a bus that is not that of the store: a server that is killed right behind its commit has sent nothing there, and neither
 * does a command that was called without it.
 */
const GIVEN_POLL_MS = 1_500;

/** Open the bus of a store: its own, with the one that was given beside it, or that one alone where it reaches every server. */
export function openBus({ given, createOwn, onTested = () => undefined }: OpenBusOptions): OpenedBus {
  if (given?.reachesAllServers === true) {
    const tests = testBus(given, { clock: systemClock, onTested });
    return {
      bus: given,
      notifiedPollMs: () => (tests.isDelivering() ? GIVEN_POLL_MS : undefined),
      close: async () => tests.close(),
    };
  }
  const own = createOwn();
  return {
    bus: given === undefined ? own : joinBuses(own, given),
    notifiedPollMs: () => (own.isDelivering() ? OWN_POLL_MS : undefined),
    close: () => own.close(),
  };
}
