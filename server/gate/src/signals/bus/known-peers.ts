import type { Clock } from "../../kernel/clock.ts";

/** The other servers on a bus, as far as messages of them have come. */
export interface KnownPeers {
  /** A message of one has come. */
  received(peer: string): void;
  /** One is gone. It is known again when a message of it comes. */
  forget(peer: string): void;
  /** Messages may have been missed: servers may be there that are not known. */
  missed(): void;
  /** List them. Undefined: there may be others. */
  list(): readonly string[] | undefined;
}

/** How often a server publishes what it knows, in milliseconds: it then notices what it has missed, and that the bus is up. */
export const ANNOUNCE_MS = 10_000;

/** A server of which no message has come for so long is gone, in milliseconds: one message of it may have been lost. */
const SILENT_MS = 2.5 * ANNOUNCE_MS;

/** More than one fleet has: with more, it is not known which there are. */
const MAX_PEERS = 1_000;

/** Create an empty list. */
export function createKnownPeers(clock: Clock): KnownPeers {
  /** When the last message of each came, the one that is silent for longest first. */
  const receivedAtMs = new Map<string, number>();
  let sinceMs = clock.monotonicMs();
  const missed = (): void => {
    sinceMs = clock.monotonicMs();
  };
  return {
    missed,
    forget: (peer) => void receivedAtMs.delete(peer),
    received(peer) {
      receivedAtMs.delete(peer);
      receivedAtMs.set(peer, clock.monotonicMs());
      const [oldest] = receivedAtMs.keys();
      if (receivedAtMs.size > MAX_PEERS && oldest !== undefined) {
        receivedAtMs.delete(oldest);
        missed();
      }
    },
    list() {
      const goneAtMs = clock.monotonicMs() - SILENT_MS;
      for (const [peer, atMs] of receivedAtMs) {
        if (atMs > goneAtMs) {
          break;
        }
        receivedAtMs.delete(peer);
      }
      return sinceMs > goneAtMs ? undefined : [...receivedAtMs.keys()];
    },
  };
}
