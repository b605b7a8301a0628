import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { Cancel, Clock } from "@countersign/server";
import type { RevocationHistory } from "../revoke/revocation-history.ts";
import type { FedRevocations } from "../revoke/revocations.ts";
import type { RevocationRecord } from "../store/revocations.ts";
import { chunks } from "./chunks.ts";
import { toCursor } from "./cursor.ts";
import {
  encode,
  encodeRevocations,
  type RevocationEncoding,
  type SentRevocation,
} from "./encode-revocations.ts";
import { createSignalLog, type EncodeFor, type SignalLog, type SubjectForm } from "./signal-log.ts";
import type { SnapshotSource } from "./snapshots.ts";
import type { SubjectHash } from "./subject-hash.ts";

/** What is revoked, and up to when that is known. */
export type FedSource = Pick<FedRevocations, "entries" | "listUnwritten" | "look" | "readAtMs">;

/** What {@link createSignalFeed} needs. */
export interface SignalFeedOptions {
  readonly clock: Clock;
  /** The name of the issuer that the store belongs to. */
  readonly issuer: string;
  /** How many revocations are remembered for those that come back. */
  readonly maxHistory: number;
  /** What is revoked. Asked for from the first watcher on. */
  readonly revocations: () => FedSource;
  /** The hash of the epoch that it is. */
  readonly subjects: () => SubjectHash;
}

/** What learns of changes of the feed. */
export interface SignalFeedListener {
  /** There is something new in the log. @param count how many rows */
  readonly onNews: (count: number) => void;
  /** The history is another one. */
  readonly onRestart: () => void;
}

/** What is revoked, as it is sent. */
export interface SignalFeed extends RevocationHistory {
  readonly log: SignalLog;
  /** Have its only listener learn of changes from now on. */
  listen(listener: SignalFeedListener): void;
  /** Put what waits into the log. */
  readonly flush: () => void;
  /** Read what is new in the store, and put it into the log. */
  lookNow(): Promise<void>;
  /** Say up to when all is known that is in the log. */
  readonly toAlive: () => WatchResponse;
  /** Write down what could not be written in the store yet; undefined: there is nothing. */
  toUnwritten(form: SubjectForm): WatchResponse | undefined;
  /** Begin to write everything down. */
  readonly beginSnapshot: (form: SubjectForm) => SnapshotSource;
}

/** How long what comes is held back for what may come with it, in milliseconds. */
const GATHER_MS = 20;

/** How many revocations one message has: up to 60 KiB. */
const MESSAGE_REVOCATIONS = 500;

/** How long a message that says up to when all is known is good for others, in milliseconds. */
const ALIVE_MS = 50;

/** Create the feed. It knows of no watchers. */
export function createSignalFeed(options: SignalFeedOptions): SignalFeed {
  const { clock, issuer, revocations, subjects } = options;
  const log = createSignalLog(options.maxHistory);
  let listener: SignalFeedListener = { onNews: () => undefined, onRestart: () => undefined };
  let gathered: RevocationRecord[] = [];
  let cancelFlush: Cancel | undefined;
  let alive: { readonly atMs: number; readonly end: number; readonly message: WatchResponse } | undefined;

  const encodingFor = (form: SubjectForm): RevocationEncoding => ({
    issuer,
    hashSubject: form === "hashed" ? subjects().hash : undefined,
  });
  const append = (rows: readonly RevocationRecord[], cursor: bigint): void => {
    const nowMs = clock.nowMs();
    const sent = rows.filter(({ expiresAtMs }) => expiresAtMs > nowMs);
    const encodeFor = onceForEach(
      (form) => encodeRevocations(sent, cursor, encodingFor(form)),
      () => subjects().key,
    );
    log.append(encodeFor, cursor === 0n ? [] : rows);
  };
  const flush = (): void => {
    cancelFlush?.();
    cancelFlush = undefined;
    if (gathered.length === 0) {
      return;
    }
    const rows = gathered;
    gathered = [];
    for (const some of chunks(rows, MESSAGE_REVOCATIONS)) {
      const last = some.at(-1);
      append(some, last === undefined ? 0n : toCursor(last));
    }
    listener.onNews(rows.length);
  };
  return {
    maxRows: options.maxHistory,
    log,
    listen(given) {
      listener = given;
    },
    restart() {
      gathered = [];
      log.clear();
      listener.onRestart();
    },
    add(records) {
      gathered.push(...records);
      if (records.length > 0) {
        cancelFlush ??= clock.schedule(flush, GATHER_MS);
      }
    },
    addUnwritten(records) {
      if (records.length === 0) {
        return;
      }
      flush();
      for (const some of chunks(records, MESSAGE_REVOCATIONS)) {
        append(some, 0n);
      }
      listener.onNews(records.length);
    },
    flush,
    async lookNow() {
      await revocations().look();
      flush();
    },
    toAlive() {
      const atMs = clock.monotonicMs();
      if (alive === undefined || alive.end !== log.end || atMs - alive.atMs > ALIVE_MS) {
        const readAtMs = revocations().readAtMs();
        const ageMs = Math.max(0, clock.nowMs() - readAtMs);
        const value = { cursor: log.cursor, readAtMs: BigInt(readAtMs), ageMs: BigInt(ageMs) };
        alive = { atMs, end: log.end, message: encode({ case: "alive", value }) };
      }
      return alive.message;
    },
    toUnwritten(form) {
      const records = revocations().listUnwritten();
      return records.length === 0 ? undefined : encodeRevocations(records, 0n, encodingFor(form));
    },
    beginSnapshot(form) {
      flush();
      const live = liveOf(revocations(), clock);
      const pages = chunks(live, MESSAGE_REVOCATIONS);
      return {
        position: log.end,
        pages: toPages(pages, (page) => encodeRevocations(page, 0n, encodingFor(form))),
      };
    },
  };
}

/** Encode once for each form, and again when subjects are hashed with another key. */
function onceForEach(encodeFor: EncodeFor, keyNow: () => Uint8Array): EncodeFor {
  let plain: WatchResponse | undefined;
  let hashed: { readonly key: Uint8Array; readonly message: WatchResponse } | undefined;
  return (form) => {
    if (form === "plain") {
      plain ??= encodeFor(form);
      return plain;
    }
    const key = keyNow();
    if (hashed?.key !== key) {
      hashed = { key, message: encodeFor(form) };
    }
    return hashed.message;
  };
}

function* liveOf(revocations: Pick<FedSource, "entries">, clock: Clock): Generator<SentRevocation> {
  for (const revocation of revocations.entries()) {
    if (revocation.expiresAtMs > clock.nowMs()) {
      yield revocation;
    }
  }
}

function* toPages(
  pages: Iterable<readonly SentRevocation[]>,
  toPage: (page: readonly SentRevocation[]) => WatchResponse,
): Generator<WatchResponse> {
  for (const page of pages) {
    yield toPage(page);
  }
}
