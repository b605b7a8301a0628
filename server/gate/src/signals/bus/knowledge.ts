import type { Cancel, Clock } from "../../kernel/clock.ts";
import type { PeerMessage } from "./peer-messages.ts";
import { createPeerSync } from "./peer-sync.ts";
import type { Peers } from "./peers.ts";
import { createPageServer } from "./serve-pages.ts";
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

/** Create the knowledge of a server that knows nothing yet. */
export function createKnowledge(options: KnowledgeOptions): Knowledge {
  const { serverId, publish, clock, onError, onKnown } = options;
  const known = createSharedRevocations(onError);
  const servePages = createPageServer({ known, publish });
  /** Undefined: nothing was missed. */
  let missing: CatchUp | undefined;

  // The bus is down: what is lost is told again.
  const send = (message: PeerMessage, to?: string): void => void publish(message, to).catch(() => undefined);
  const sync = createPeerSync({
    known,
    clock,
    sendTo: (peer, message) => send(message, peer),
    onFailed() {
      if (missing !== undefined) {
        missing.hasFailed = true;
      }
    },
    onIdle: settle,
  });

  function settle(): void {
    if (missing?.isSettled !== true || !sync.isIdle) {
      return;
    }
    if (missing.hasFailed) {
      catchUp();
      return;
    }
    const { sentAtMs } = missing;
    missing = undefined;
    onKnown(sentAtMs);
  }
  function catchUp(): void {
    missing?.cancel?.();
    missing = { sentAtMs: clock.monotonicMs(), isSettled: false, hasFailed: false, cancel: undefined };
    announceTo(undefined, true);
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
  function takeDigest(from: string, { digest, isAsking }: Digest): void {
    const own = known.digest(clock.nowMs());
    if (isAsking && findDifferences(own, digest).length > 0) {
      announceTo(from, false);
    }
    // Those of two slots differ in all parts: only a server that may have missed something fetches so much.
    if (missing !== undefined || own.slot === digest.slot) {
      sync.offer(from, digest);
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
        takeDigest(from, message);
        return;
      case "fetch":
        servePages(from, message);
        return;
      default:
        message satisfies never; // of a newer release
    }
  }

  return {
    known,
    announce: () => announceTo(undefined, missing !== undefined),
    catchUp,
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
  /** Whether one of them has not sent what it was asked for: then all are asked again. */
  hasFailed: boolean;
  /** Ends that time; undefined: its message has not come back. */
  cancel: Cancel | undefined;
}
