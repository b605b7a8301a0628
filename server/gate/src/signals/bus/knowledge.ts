import type { Cancel, Clock } from "../../kernel/clock.ts";
import type { PeerMessage } from "./peer-messages.ts";
import { MAX_CONTENT_BYTES } from "./peer-seal.ts";
import { createPeerSync, toPages } from "./peer-sync.ts";
import type { Peers } from "./peers.ts";
import { createSharedRevocations, findDifferences, type SharedRevocations } from "./shared-revocations.ts";

/** Keeps what a server knows the same as what others on the bus know. */
export interface Knowledge {
  readonly known: SharedRevocations;
  /** Say to the others what is known, in short. */
  announce(): void;
  /** Messages may have been missed: ask the others what they know. */
  catchUp(): void;
  /** Take a message of a server, or one of this server that came back. */
  take(from: string, message: KnowledgeMessage): void;
  close(): void;
}

type KnowledgeMessage = Exclude<PeerMessage, { readonly kind: "renew" | "renewed" }>;
type Digest = Extract<PeerMessage, { readonly kind: "digest" }>;
type Fetch = Extract<PeerMessage, { readonly kind: "fetch" }>;

/** What {@link createKnowledge} needs. */
export interface KnowledgeOptions {
  readonly serverId: string;
  readonly publish: Peers["publish"];
  readonly clock: Clock;
  /** Takes what a listener throws. */
  readonly onError: (error: unknown) => void;
  /** Called when all is known that was told before a moment, by the monotonic clock. */
  readonly onKnown: (sentAtMs: number) => void;
}

/** How long others have to answer a server that catches up, in milliseconds, once its own message has come back. */
const SETTLE_MS = 1_000;

/** The JSON of a page has so much room, beside who has sent it and for what. */
const PAGE_BYTES = MAX_CONTENT_BYTES - 250;

/** How many servers are sent pages at a time: others ask again. */
const MAX_SERVED = 8;

/** Create the knowledge of a server that knows nothing yet. */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { serverId, publish, clock, onError, onKnown } = options;
  const known = createSharedRevocations(onError);
  /** Undefined: nothing was missed. */
  let missing: CatchUp | undefined;
  let served = 0;

  // The bus is down: what is lost is told again.
  const send = (message: PeerMessage, to?: string): void => void publish(message, to).catch(() => undefined);
  const sync = createPeerSync({
    known,
    clock,
    sendTo: (peer, message) => send(message, peer),
    onIdle: settle,
  });

  function settle(): void {
    if (missing?.isSettled === true && sync.isIdle) {
      const { sentAtMs } = missing;
      missing = undefined;
      onKnown(sentAtMs);
    }
  }
  function announceTo(to: string | undefined, isAsking: boolean): void {
    const digest = known.digest(clock.nowMs());
    send({ kind: "digest", digest, isAsking, sentAtMs: clock.monotonicMs() }, to);
  }
  function takeOwn({ sentAtMs, isAsking }: Digest): void {
    if (missing === undefined) {
      onKnown(sentAtMs);
    } else if (isAsking && sentAtMs >= missing.sentAtMs && missing.cancel === undefined) {
      const waiting = missing;
      waiting.sentAtMs = sentAtMs;
      waiting.cancel = clock.schedule(() => {
        waiting.isSettled = true;
        settle();
      }, SETTLE_MS);
    }
  }
  async function serve(to: string, { pull, parts }: Fetch): Promise<void> {
    const pages = toPages(known.list(parts), PAGE_BYTES);
    for (const [index, revoked] of pages.entries()) {
      const isLast = index === pages.length - 1;
      await publish({ kind: "page", pull, revoked, ...(isLast ? { pages: pages.length } : {}) }, to);
    }
  }
  function takeOthers(from: string, message: KnowledgeMessage): void {
    switch (message.kind) {
      case "revoked":
        known.learn(message.revoked, clock.nowMs());
        return;
      case "page":
        sync.takePage(from, message);
        return;
      case "digest":
        if (message.isAsking && findDifferences(known.digest(clock.nowMs()), message.digest).length > 0) {
          announceTo(from, false);
        }
        sync.offer(from, message.digest);
        return;
      case "fetch":
        if (served < MAX_SERVED) {
          served += 1;
          serve(from, message)
            .catch(() => undefined) // the bus is down: the other asks again
            .finally(() => {
              served -= 1;
            });
        }
        return;
      default:
        message satisfies never; // of a newer release
    }
  }

  return {
    known,
    announce: () => announceTo(undefined, missing !== undefined),
    catchUp() {
      missing?.cancel?.();
      missing = { sentAtMs: clock.monotonicMs(), isSettled: false, cancel: undefined };
      announceTo(undefined, true);
    },
    take(from, message) {
      if (from !== serverId) {
        takeOthers(from, message);
      } else if (message.kind === "digest") {
        takeOwn(message);
      }
    },
    close: () => missing?.cancel?.(),
  };
}

/** What a server does that may have missed messages. */
interface CatchUp {
  /** When it has asked. */
  sentAtMs: number;
  /** Whether the others have had their time to answer. */
  isSettled: boolean;
  /** Ends that time; undefined: its message has not come back. */
  cancel: Cancel | undefined;
}
