import {
  assertOptionNames,
  type ChangedClaims,
  createRefusal,
  createRevocationListeners,
  createRevokedSet,
  type RevocableToken,
  type Revoked,
  type RevokedBatch,
  type RevokedSet,
} from "@countersign/server/internal";
import { MAX_ACCESS_LIFE_MS } from "../store/access-lives.ts";
import { insertRevocations, OWN_ISSUER, type RevocationRecord, toExpiryMs } from "../store/revocations.ts";
import { createUnwrittenError, type UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import { findIssuerName } from "./issuer-name.ts";
import { NO_HISTORY, type RevocationHistory } from "./revocation-history.ts";
import { publishUnwritten } from "./revocation-messages.ts";
import { type RevocationOrder, toAuditEvent, toNewRevocation } from "./revocation-order.ts";
import { resolveRevocationSource } from "./revocation-source.ts";
import { OPTION_NAMES, type RevocationsOptions } from "./revocations-options.ts";
import { type RunningRevocations, runRevocations } from "./run-revocations.ts";
import { createUnwrittenRevocations } from "./unwritten-revocations.ts";

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
  /** Find what is changed of a token, in the order in which it is to be applied. @returns undefined: nothing is */
  changesOf(token: RevocableToken): readonly ChangedClaims[] | undefined;
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

/** Revocations of a server that hands them on. */
export interface FedRevocations extends Revocations {
  /** Go through all that are remembered. Those that come meanwhile may be among them. */
  entries(): Iterable<Revoked>;
  /** List those that wait to be written. */
  listUnwritten(): readonly RevocationRecord[];
  /** Read what is new in the store, now. Resolves when that is done, or could not be. */
  look(): Promise<void>;
  /** When everything up to then was known, in milliseconds since 1970; NaN: nothing is known yet. */
  readAtMs(): number;
  /** Whether the store has answered the last look, no longer ago than so many milliseconds. */
  hasReadWithin(ms: number): boolean;
}

const STALE_AFTER_MS = 60_000;

/**
 * Create the revocations of a server. Nothing is known before their `start`.
 *
 * @throws TypeError when an option has no known name, or not exactly one of `store` and `database` is given
 */
export function createRevocations(options: RevocationsOptions): Revocations {
  assertOptionNames("createRevocations", options, OPTION_NAMES);
  return createFedRevocations(options, NO_HISTORY);
}

/** Create the revocations of a server, as {@link createRevocations} does. @param history is handed all that is read */
export function createFedRevocations(
  options: RevocationsOptions,
  history: RevocationHistory,
): FedRevocations {
  const { onError = () => undefined, sealer, audit, accessTtlMs, acceptsOtherIssuers } = options;
  const source = resolveRevocationSource(options);
  const assertFresh = createFreshness(options);
  const set = createRevokedSet();
  const listeners = createRevocationListeners<RevocationRecord>(onError);
  let issuer = options.issuer;
  let running: RunningRevocations | undefined;
  const act = (records: readonly RevocationRecord[]): void =>
    listeners.notify(takeNews(set, records, { nowMs: source.clock.nowMs(), issuer }));
  const unwritten = createUnwrittenRevocations({
    clock: source.clock,
    onError,
    store: () => running?.store ?? options.store,
    publish: (revocations) => publishUnwritten(running?.store.bus, sealer, revocations),
  });
  const learn = (records: readonly RevocationRecord[]): void => {
    unwritten.letGo(records);
    act(records);
  };
  const hold = (revocations: readonly UnwrittenRevocation[], origin: "here" | "elsewhere") => {
    const news = unwritten.hold(revocations, origin);
    const records = (news ?? []).map(toUnwrittenRecord);
    act(records);
    history.addUnwritten(records);
    return news;
  };
  const learnOwn = (records: readonly RevocationRecord[]): void => {
    learn(records);
    if (history !== NO_HISTORY) {
      // It is handed on in the order of the history, which only the store knows.
      void running?.feed.look();
    }
  };
  return {
    async start() {
      const opened = await source.open();
      issuer = await findIssuerName(opened.store, options);
      const onHeld = (revocations: readonly UnwrittenRevocation[]) => void hold(revocations, "elsewhere");
      running = await runRevocations(opened, options, { learn, onHeld, history });
      await running.feed.start();
    },
    async close() {
      await unwritten.close();
      await running?.stop();
      await source.close();
    },
    isRevoked(token) {
      assertFresh(source.clock.nowMs() - (running?.feed.readAtMs() ?? Number.NaN));
      return set.covers(token);
    },
    changesOf: (token) => set.changesOf(token),
    async revoke(order) {
      const { store } = await source.open();
      const context = { nowMs: source.clock.nowMs(), issuer, accessTtlMs, acceptsOtherIssuers };
      const revocation = toNewRevocation(order, context);
      const written = await insertRevocations(store, [revocation]).catch((error: unknown) => {
        const news = hold([{ ...revocation, endsSession: false }], "here");
        for (const one of news ?? []) {
          audit?.record(toAuditEvent(one));
        }
        throw news === undefined ? error : createUnwrittenError(error);
      });
      learnOwn(written);
      audit?.record(toAuditEvent(revocation));
    },
    learn: learnOwn,
    hold: (revocations) => hold(revocations, "here"),
    endReasonOf: (sessionId) => unwritten.endReasonOf(sessionId),
    onRevoked: (listener) => listeners.add(listener),
    entries: () => set.entries(),
    listUnwritten: () => unwritten.list().map(toUnwrittenRecord),
    look: async () => running?.feed.look(),
    readAtMs: () => running?.feed.readAtMs() ?? Number.NaN,
    hasReadWithin: (ms) => running?.feed.hasReadWithin(ms) === true,
    get unwritten() {
      return unwritten.size;
    },
    get size() {
      return set.size;
    },
  };
}

/** Create what asserts that the store was read not too long ago. It throws AuthError `AUTH_UNAVAILABLE`. */
function createFreshness({ failOpen, staleAfterMs = STALE_AFTER_MS }: RevocationsOptions) {
  const maxAgeMs = failOpen === true ? Infinity : staleAfterMs;
  return (ageMs: number): void => {
    if (!(ageMs <= maxAgeMs)) {
      throw createRefusal("AUTH_UNAVAILABLE", "what has been revoked cannot be read just now", {
        facts: { check: "revocations_unavailable", expected: `the store read within ${maxAgeMs} ms` },
      });
    }
  };
}

/** Add revocations to a set. @returns those that were not covered before */
function takeNews(
  set: RevokedSet,
  records: readonly RevocationRecord[],
  { nowMs, issuer }: { readonly nowMs: number; readonly issuer: string | undefined },
): readonly RevocationRecord[] {
  set.forget(nowMs);
  return records
    .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
    .map((record) => named(record, issuer))
    .filter((record) => set.add(record));
}

/** Put the name of the issuer that the store belongs to where it is meant. */
function named(record: RevocationRecord, issuer: string | undefined): RevocationRecord {
  return record.issuer === OWN_ISSUER ? { ...record, issuer } : record;
}

/** The store cannot be asked how long the tokens last: assume the longest that is accepted. */
function toUnwrittenRecord(revocation: UnwrittenRevocation): RevocationRecord {
  return { ...revocation, id: 0, expiresAtMs: toExpiryMs(revocation, MAX_ACCESS_LIFE_MS) };
}
