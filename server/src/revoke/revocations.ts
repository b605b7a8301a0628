import type { Clock } from "../clock.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Store } from "../store/database.ts";
import { insertRevocations, type RevocationRecord } from "../store/revocations.ts";
import { type RevocationAudit, toAuditEvent } from "./revocation-audit.ts";
import { createRevocationFeed } from "./revocation-feed.ts";
import { createRevocationListeners, type RevocationBatch } from "./revocation-listeners.ts";
import { type RevocationOrder, toNewRevocation } from "./revocation-order.ts";
import { createRevokedSet, type RevocableToken } from "./revoked-set.ts";

/** What {@link createRevocations} needs. */
export interface RevocationsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The longest that an access token lasts, in milliseconds: a revocation is remembered 5 min longer. */
  readonly accessTtlMs: number;
  /**
   * How often the store is asked what other servers have revoked, in milliseconds. Default 250 ms on SQLite; 500 ms
   * on Postgres, which also says when there is something.
   */
  readonly pollMs?: number;
  /** How long to go on with what is known while the store cannot be read, in milliseconds. Default 60 s. */
  readonly staleAfterMs?: number;
  /**
   * Go on for as long as the store cannot be read, although what was revoked meanwhile is accepted. Default false:
   * calls are refused with `AUTH_UNAVAILABLE`.
   */
  readonly failOpen?: boolean;
  /** Learns of each order to revoke. Default: nobody. */
  readonly audit?: RevocationAudit;
  /** Told when the store can no longer be read, and when a listener threw. */
  readonly onError?: (error: unknown) => void;
}

/** What has been revoked and tokens may still be around of, in memory, fed by all servers on one store. */
export interface Revocations {
  /**
   * Load what was revoked, and go on listening for more.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read
   */
  start(): Promise<void>;
  /** Stop listening. */
  close(): Promise<void>;
  /**
   * Say whether a token is revoked: from memory.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` before {@link start}, and when the store could not be read for too long
   */
  isRevoked(token: RevocableToken): boolean;
  /**
   * Revoke: here at once, on other servers within a second.
   *
   * @throws TypeError when the order does not name exactly one thing
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be written; nothing is revoked then
   */
  revoke(order: RevocationOrder): Promise<void>;
  /** Take in what this server has just written, without waiting to read it. */
  learn(records: readonly RevocationRecord[]): void;
  /** Call back for what is revoked from now on. @returns what ends the calls */
  onRevoked(listener: (batch: RevocationBatch) => void): () => void;
  /** How many are remembered. */
  readonly size: number;
}

/** Room for clocks that differ, and for tokens that are accepted a little past their time. */
const KEEP_LONGER_MS = 5 * 60 * 1_000;

const POLL_MS = { sqlite: 250, postgres: 500 } as const;
const STALE_AFTER_MS = 60_000;

/** Create the revocations of a server. Nothing is known before their `start`. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { store, clock, onError = () => undefined } = options;
  const staleAfterMs = options.failOpen === true ? Infinity : (options.staleAfterMs ?? STALE_AFTER_MS);
  const keepMs = options.accessTtlMs + KEEP_LONGER_MS;
  const set = createRevokedSet();
  const listeners = createRevocationListeners(onError);

  const learn = (records: readonly RevocationRecord[]): void => {
    const nowMs = clock.nowMs();
    set.forget(nowMs);
    const news = records.filter(
      (record) => record.revokedAtMs + keepMs > nowMs && set.add(record, record.revokedAtMs + keepMs),
    );
    if (news.length > 0) {
      listeners.tell(news);
    }
  };
  const feed = createRevocationFeed({
    ...{ store, clock, keepMs, onError, learn },
    pollMs: options.pollMs ?? POLL_MS[store.dialect],
  });

  return {
    start: () => feed.start(),
    close: () => feed.close(),
    isRevoked(token) {
      if (!(clock.nowMs() - feed.readAtMs() <= staleAfterMs)) {
        throw createRefusal("AUTH_UNAVAILABLE", "what has been revoked cannot be read just now");
      }
      return set.covers(token);
    },
    async revoke(order) {
      const records = await insertRevocations(store, [toNewRevocation(order, clock.nowMs())]);
      learn(records);
      for (const record of records) {
        options.audit?.record(toAuditEvent(record));
      }
    },
    learn,
    onRevoked: (listener) => listeners.add(listener),
    get size() {
      return set.size;
    },
  };
}
