import type { Clock } from "../../kernel/clock.ts";

/** The other servers on a bus, as far as they have said something. */
export interface KnownPeers {
  /** One has said something. */
  heard(peer: string): void;
  /** One is gone. It is known again when it says something. */
  forget(peer: string): void;
  /** Messages may have been missed: servers may be there that are not known. */
  missed(): void;
  /** List them. Undefined: there may be others. */
  list(): readonly string[] | undefined;
}

/** How often a server says what it knows, in milliseconds: it then notices what it has missed, and that the bus is up. */
export const ANNOUNCE_MS = 10_000;

/** A server that has said nothing for so long is gone, in milliseconds: one message of it may have been lost. */
const SILENT_MS = 2.5 * ANNOUNCE_MS;

/** More than one fleet has: with more, it is not known which there are. */
const MAX_PEERS = 1_000;

/** Create an empty list. */
export function createKnownPeers(clock: Clock): KnownPeers {
  /** When each has said something, the one that is silent for longest first. */
  const heardAtMs = new Map<string, number>();
  let sinceMs = clock.monotonicMs();
  const missed = (): void => {
    sinceMs = clock.monotonicMs();
  };
  return {
    missed,
    forget: (peer) => void heardAtMs.delete(peer),
    heard(peer) {
      heardAtMs.delete(peer);
      heardAtMs.set(peer, clock.monotonicMs());
      const [oldest] = heardAtMs.keys();
      if (heardAtMs.size > MAX_PEERS && oldest !== undefined) {
        heardAtMs.delete(oldest);
        missed();
      }
    },
    list() {
      const goneAtMs = clock.monotonicMs() - SILENT_MS;
      for (const [peer, atMs] of heardAtMs) {
        if (atMs > goneAtMs) {
          break;
        }
        heardAtMs.delete(peer);
      }
      return sinceMs > goneAtMs ? undefined : [...heardAtMs.keys()];
    },
  };
}
