import type { Cancel, Clock } from "../../kernel/clock.ts";
import type { PeerMessage } from "./peer-messages.ts";
import { findDifferences, type SetDigest, type SharedRevocations } from "./shared-revocations.ts";

/** Fetches from other servers what they know and this one does not. */
export interface PeerSync {
  /** Another server has said what it knows. */
  offer(peer: string, digest: SetDigest): void;
  /** A page of what was fetched has come. */
  takePage(peer: string, page: Extract<PeerMessage, { readonly kind: "page" }>): void;
  /** Whether nothing is being fetched, or waits to be. */
  readonly isIdle: boolean;
}

/** What {@link createPeerSync} needs. */
export interface PeerSyncOptions {
  readonly known: SharedRevocations;
  readonly clock: Clock;
  /** Send a message to one server. It must not reject. */
  readonly sendTo: (peer: string, message: PeerMessage) => void;
  /** Called when a server did not send all that it was asked for in time. */
  readonly onFailed: () => void;
  /** Called when nothing waits any more. */
  readonly onIdle: () => void;
}

/** How long a server may take for a page, in milliseconds. */
const PAGE_MS = 2_000;

/** Servers whose digest is remembered, or waits. */
const MAX_PEERS = 1_000;

interface Pull {
  readonly number: number;
  readonly peer: string;
  readonly digest: string;
  pages: number;
  cancelTimer: Cancel;
}

/**
 * Create what fetches, from one server at a time. Servers that know the same cost one fetch: after the first, there is no
 * difference to the others.
 */
export function createPeerSync({ known, clock, sendTo, onFailed, onIdle }: PeerSyncOptions): PeerSync {
  const offers = new Map<string, SetDigest>();
  /** What was fetched last, by its digest: a server that knows less than this one is not asked again and again. */
  const fetched = new Map<string, string>();
  let pulls = 0;
  let pull: Pull | undefined;

  const next = (): void => {
    for (const [peer, digest] of offers) {
      offers.delete(peer);
      const parts = findDifferences(known.digest(clock.nowMs()), digest);
      const text = digest.sums.join();
      if (parts.length > 0 && fetched.get(peer) !== text) {
        pulls += 1;
        pull = { number: pulls, peer, digest: text, pages: 0, cancelTimer: waitForPage() };
        sendTo(peer, { kind: "fetch", pull: pulls, parts });
        return;
      }
    }
    onIdle();
  };
  const end = (): void => {
    pull?.cancelTimer();
    pull = undefined;
    next();
  };
  const fail = (): void => {
    onFailed();
    end();
  };
  const waitForPage = (): Cancel => clock.schedule(fail, PAGE_MS);

  return {
    offer(peer, digest) {
      keep(offers, peer, digest);
      if (pull === undefined) {
        next();
      }
    },
    takePage(peer, { pull: number, revoked, pages }) {
      known.learn(revoked, clock.nowMs());
      if (pull === undefined || pull.number !== number || pull.peer !== peer) {
        return; // late: it is good all the same
      }
      pull.pages += 1;
      pull.cancelTimer();
      pull.cancelTimer = waitForPage();
      if (pages === pull.pages) {
        keep(fetched, peer, pull.digest);
        end();
      } else if (pages !== undefined) {
        fail(); // one of them was lost
      }
    },
    get isIdle() {
      return pull === undefined && offers.size === 0;
    },
  };
}

/** Set an entry as the newest, and drop the oldest where there are too many. */
function keep<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_PEERS && oldest !== undefined) {
    map.delete(oldest);
  }
}
