import { createRefusal } from "../../errors/refusal.ts";
import { createReadiness } from "../../kernel/readiness.ts";
import { repeat } from "../../kernel/timers.ts";
import type { LogoutSink } from "../../logouts/logout-sink.ts";
import { findOwnerId } from "../../streams/owner-id.ts";
import type { SignalledServer, Signals } from "../signals.ts";
import { SignalsError } from "../signals-error.ts";
import { assembleBusSignals } from "./assemble-bus-signals.ts";
import { type BusSignalsOptions, resolveBusSignalsOptions } from "./bus-options.ts";
import { ANNOUNCE_MS } from "./known-peers.ts";
import { createSharedLogouts } from "./shared-logouts.ts";

/** The signals of servers that tell each other. */
export interface BusSignals extends Signals {
  /** Takes what providers say has ended, for all servers on the bus: option `sink` of `createLogoutReceiver`. */
  readonly logouts: LogoutSink;
}

/**
 * Create signals over a bus.
 *
 * @param serverId the name of this server: 128 random bits in base64url. Default: that of the process
 * @throws TypeError when an option is wrong
 */
export function createBusSignals(options: BusSignalsOptions, serverId: string = findOwnerId()): BusSignals {
  const resolved = resolveBusSignalsOptions(options);
  const { clock, staleAfterMs, relaxations } = resolved;
  const servers = new Set<SignalledServer>();
  const ready = createReadiness(clock);
  const { peers, knowledge, renewals, liveness } = assembleBusSignals(resolved, {
    serverId,
    servers,
    onKnown: ready.resolve,
  });
  const { known } = knowledge;
  const announce = (): void => {
    knowledge.announce();
    liveness.check();
  };
  const stopAnnouncing = repeat(clock, announce, ANNOUNCE_MS);
  peers.start();
  knowledge.catchUp();
  let isClosed = false;

  async function close(): Promise<void> {
    isClosed = true;
    stopAnnouncing();
    knowledge.close();
    ready.reject(new SignalsError("stale", "the signals were closed before they knew what is revoked"));
    await peers.close();
  }

  return {
    ready: ready.promise,
    relaxations,
    logouts: createSharedLogouts({ known, publish: (message, to) => peers.publish(message, to), clock }),
    isRevoked(principal) {
      // Before the first message has come back, there is no time at all.
      // What was closed is told of nothing more: what it knows is stale at once.
      const knownAtMs = isClosed ? -Infinity : liveness.knownAtMs;
      if (!(clock.monotonicMs() - knownAtMs <= staleAfterMs)) {
        throw createRefusal("AUTH_UNAVAILABLE", "what has been revoked cannot be known just now", {
          facts: {
            check: "revocations_unavailable",
            expected: `news over the bus within ${staleAfterMs} ms`,
          },
        });
      }
      return known.covers(principal);
    },
    changesOf: (principal) => known.changesOf(principal),
    onRevoked: (listener) => known.onRevoked(listener),
    renew: (streams, by) => renewals.renew(streams, by),
    addServer: (server) => void servers.add(server),
    close,
    [Symbol.asyncDispose]: close,
  };
}
