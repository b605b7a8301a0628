import type { AuditSink, Clock } from "@countersign/server";
import {
  assertOptionNames,
  createRefusal,
  createRevocationListeners,
  createRevokedSet,
  type RevocableToken,
  type RevocationEvent,
  type RevokedBatch,
} from "@countersign/server/internal";
import type { MessageSealer } from "../keys/message-sealer.ts";
import { MAX_ACCESS_LIFE_MS } from "../store/access-lives.ts";
import type { Store, StoreLocation } from "../store/database.ts";
import { insertRevocations, OWN_ISSUER, type RevocationRecord, toExpiryMs } from "../store/revocations.ts";
import { createUnwrittenError, type UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import { findIssuerName } from "./issuer-name.ts";
import { publishUnwritten } from "./revocation-messages.ts";
import { type RevocationOrder, toAuditEvent, toNewRevocation } from "./revocation-order.ts";
import { type InsecureRevocationsOptions, resolveRevocationSource } from "./revocation-source.ts";
import { type RunningRevocations, runRevocations } from "./run-revocations.ts";
import { createUnwrittenRevocations } from "./unwritten-revocations.ts";

/** What {@link createRevocations} needs: `store`, or else `database`. */
export interface RevocationsOptions {
  /** The open store, in a server that is the issuer. */
  readonly store?: Store;
  /**
   * Where the database of the issuer is, for a server that is not the issuer. It is opened at the start as it is, and
   * closed at the end: only the issuer makes its tables and changes them.
   */
  readonly database?: StoreLocation;
  /** The time. Default: the database's on Postgres, otherwise the machine's. */
  readonly clock?: Clock;
  /**
   * The name of the issuer that the database belongs to: claim `iss` of its tokens. Its revocations cover no tokens of
   * other issuers. Default: what its servers were given with `--issuer`; without that, its revocations cover tokens
   * of every issuer.
   */
  readonly issuer?: string;
  /**
   * The longest that an access token lasts that this server grants, in milliseconds; where it accepts other issuers,
   * the longest of theirs. The database knows it from the start on, and every server remembers a revocation for as
   * long as the longest of all, and 5 min more. Default: this server grants none.
   */
  readonly accessTtlMs?: number;
  /**
   * Whether other issuers are accepted, too: what is revoked of every issuer is then remembered for a day. Default
   * false.
   */
  readonly acceptsOtherIssuers?: boolean;
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
  /** What makes `database` less safe. */
  readonly insecure?: InsecureRevocationsOptions | undefined;
  /**
   * Seals the messages of servers on one store about revocations that cannot be written just now. Default: others
   * learn of them once they are written.
   */
  readonly sealer?: MessageSealer;
  /** Learns of each order to revoke. Default: none. */
  readonly audit?: AuditSink<RevocationEvent>;
  /** Called when the store can no longer be read, and when a listener threw. */
  readonly onError?: (error: unknown) => void;
}

/** Revocations that were learned of together. */
export type RevocationBatch = RevokedBatch<RevocationRecord>;

/** What has been revoked and tokens may still be around of, in memory, fed by all servers on one store. */
export interface Revocations {
  /**
   * Load what was revoked, and go on listening for more.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read
   * @throws Error when others can change the files of `database`, or its tables are older or newer than this program can work with
   */
  start(): Promise<void>;
  /** Stop listening, and close the database that was opened for it. */
  close(): Promise<void>;
  /**
   * Check whether a token is revoked: from memory.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` before {@link start}, and when the store could not be read for too long
   */
  isRevoked(token: RevocableToken): boolean;
  /**
   * Revoke: here at once, on other servers within a second.
   *
   * @throws TypeError when the order does not name exactly one thing
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be written. The tokens are refused all the same, and the
   *   revocation is written as soon as it can be; if this server ends before, it is lost
   */
  revoke(order: RevocationOrder): Promise<void>;
  /** Take in what this server has just written, without waiting to read it. */
  learn(records: readonly RevocationRecord[]): void;
  /**
   * Act on what could not be written, here and on the other servers, and write it as soon as it can be.
   *
   * @returns those that are new; undefined when so many wait that none of these is taken
   */
  hold(revocations: readonly UnwrittenRevocation[]): readonly UnwrittenRevocation[] | undefined;
  /** Find why a session has ended, if that could not be written yet. */
  endReasonOf(sessionId: string): string | undefined;
  /** How many revocations wait to be written. */
  readonly unwritten: number;
  /** Call back for what is revoked from now on. @returns what ends the calls */
  onRevoked(listener: (batch: RevocationBatch) => void): () => void;
  /** How many are remembered. */
  readonly size: number;
}

const STALE_AFTER_MS = 60_000;

const OPTION_NAMES = {
  store: true,
  database: true,
  clock: true,
  issuer: true,
  accessTtlMs: true,
  acceptsOtherIssuers: true,
  pollMs: true,
  staleAfterMs: true,
  failOpen: true,
  insecure: true,
  sealer: true,
  audit: true,
  onError: true,
} satisfies Record<keyof RevocationsOptions, true>;

/**
 * Create the revocations of a server. Nothing is known before their `start`.
 *
 * @throws TypeError when an option has no known name, or not exactly one of `store` and `database` is given
 */
export function createRevocations(options: RevocationsOptions): Revocations {
  assertOptionNames("createRevocations", options, OPTION_NAMES);
  const { onError = () => undefined, sealer, audit } = options;
  const source = resolveRevocationSource(options);
  const { clock } = source;
  const staleAfterMs = options.failOpen === true ? Infinity : (options.staleAfterMs ?? STALE_AFTER_MS);
  const set = createRevokedSet();
  const listeners = createRevocationListeners<RevocationRecord>(onError);
  let issuer = options.issuer;
  let running: RunningRevocations | undefined;

  const act = (records: readonly RevocationRecord[]): void => {
    const nowMs = clock.nowMs();
    set.forget(nowMs);
    const news = records
      .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
      .map((record) => named(record, issuer))
      .filter((record) => set.add(record));
    if (news.length > 0) {
      listeners.notify(news);
    }
  };
  const unwritten = createUnwrittenRevocations({
    clock,
    onError,
    store: () => running?.store ?? options.store,
    publish(revocations) {
      if (running !== undefined && sealer !== undefined) {
        publishUnwritten(running.store.bus, sealer, revocations);
      }
    },
  });
  const learn = (records: readonly RevocationRecord[]): void => {
    unwritten.letGo(records);
    act(records);
  };
  const hold = (revocations: readonly UnwrittenRevocation[], origin: "here" | "elsewhere") => {
    const news = unwritten.hold(revocations, origin);
    act((news ?? []).map(toUnwrittenRecord));
    return news;
  };

  return {
    async start() {
      const opened = await source.open();
      issuer = await findIssuerName(opened.store, options);
      const onHeld = (revocations: readonly UnwrittenRevocation[]) => void hold(revocations, "elsewhere");
      running = await runRevocations(opened, options, { learn, onHeld });
      await running.feed.start();
    },
    async close() {
      await unwritten.close();
      await running?.stop();
      await source.close();
    },
    isRevoked(token) {
      if (!(clock.nowMs() - (running?.feed.readAtMs() ?? Number.NaN) <= staleAfterMs)) {
        throw createRefusal("AUTH_UNAVAILABLE", "what has been revoked cannot be read just now", {
          facts: { check: "revocations_unavailable", expected: `the store read within ${staleAfterMs} ms` },
        });
      }
      return set.covers(token);
    },
    async revoke(order) {
      const { store } = await source.open();
      const { accessTtlMs, acceptsOtherIssuers } = options;
      const context = { nowMs: clock.nowMs(), issuer, accessTtlMs, acceptsOtherIssuers };
      const revocation = toNewRevocation(order, context);
      const written = await insertRevocations(store, [revocation]).catch((error: unknown) => {
        const news = hold([{ ...revocation, endsSession: false }], "here");
        for (const one of news ?? []) {
          audit?.record(toAuditEvent(one));
        }
        throw news === undefined ? error : createUnwrittenError(error);
      });
      learn(written);
      audit?.record(toAuditEvent(revocation));
    },
    learn,
    hold: (revocations) => hold(revocations, "here"),
    endReasonOf: (sessionId) => unwritten.endReasonOf(sessionId),
    onRevoked: (listener) => listeners.add(listener),
    get unwritten() {
      return unwritten.size;
    },
    get size() {
      return set.size;
    },
  };
}

/** Put the name of the issuer that the store belongs to where it is meant. */
function named(record: RevocationRecord, issuer: string | undefined): RevocationRecord {
  return record.issuer === OWN_ISSUER ? { ...record, issuer } : record;
}

/** The store cannot be asked how long the tokens last: assume the longest that is accepted. */
function toUnwrittenRecord(revocation: UnwrittenRevocation): RevocationRecord {
  return { ...revocation, id: 0, expiresAtMs: toExpiryMs(revocation, MAX_ACCESS_LIFE_MS) };
}
