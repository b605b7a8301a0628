import {
  assertOptionNames,
  type ChangedClaims,
  createRefusal,
  type RevocableToken,
  type Revoked,
  type RevokedBatch,
} from "@countersign/server/internal";
import { MAX_ACCESS_LIFE_MS } from "../store/access-lives.ts";
import type { Store } from "../store/database.ts";
import { insertRevocations, OWN_ISSUER, type RevocationRecord, toExpiryMs } from "../store/revocations.ts";
import { createUnwrittenError, type UnwrittenRevocation } from "../store/unwritten-revocations.ts";
import { findIssuerName } from "./issuer-name.ts";
import { createLostRevocations, toRewritten, type WrittenRevocation } from "./lost-revocations.ts";
import { createRememberedRevocations } from "./remembered-revocations.ts";
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
  /** Take in what this server has just written, without waiting to read it: those of sessions of the store have ended them. */
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
  const { clock } = source;
  const assertFresh = createFreshness(options);
  let issuer = options.issuer;
  const issuerNow = (): string | undefined => issuer;
  const remembered = createRememberedRevocations({ clock, issuer: issuerNow, onError });
  let running: RunningRevocations | undefined;
  const readAtMs = (): number => running?.feed.readAtMs() ?? Number.NaN;
  const store = (): Store | undefined => running?.store ?? options.store;
  const publish = (revocations: readonly UnwrittenRevocation[]): void =>
    publishUnwritten(running?.store.bus, sealer, revocations);
  const unwritten = createUnwrittenRevocations({ clock, onError, store, publish });
  const rewrite = (revocations: readonly UnwrittenRevocation[]) => hold(revocations, "here");
  const lost = createLostRevocations({ clock, issuer: issuerNow, remembered, rewrite, onError });
  const learn = (records: readonly RevocationRecord[]): void => {
    unwritten.letGo(records);
    lost.addRead(records);
    remembered.act(records);
  };
  const hold = (revocations: readonly UnwrittenRevocation[], origin: "here" | "elsewhere") => {
    const news = unwritten.hold(revocations, origin);
    const records = (news ?? []).map(toUnwrittenRecord);
    remembered.act(records);
    history.addUnwritten(records);
    return news;
  };
  const learnOwn = (written: readonly WrittenRevocation[]): void => {
    unwritten.letGo(written);
    remembered.act(written);
    if (running !== undefined) {
      lost.addWritten(written);
    }
    if (history !== NO_HISTORY) {
      void handOn(written, running?.feed, rewrite);
    }
  };
  return {
    async start() {
      const opened = await source.open();
      issuer = await findIssuerName(opened.store, options);
      const onHeld = (revocations: readonly UnwrittenRevocation[]) => void hold(revocations, "elsewhere");
      running = await runRevocations(opened, options, { learn, observer: lost, onHeld, history });
      await running.feed.start();
    },
    async close() {
      await unwritten.close();
      await running?.stop();
      await source.close();
    },
    isRevoked(token) {
      assertFresh(clock.nowMs() - readAtMs());
      return remembered.covers(token);
    },
    changesOf: remembered.changesOf,
    async revoke(order) {
      const { store } = await source.open();
      const context = { nowMs: clock.nowMs(), issuer, accessTtlMs, acceptsOtherIssuers };
      const revocation = toNewRevocation(order, context);
      const written = await insertRevocations(store, [revocation]).catch((error: unknown) => {
        const news = hold([{ ...revocation, endsSession: false }], "here");
        for (const one of news ?? []) {
          audit?.record(toAuditEvent(one));
        }
        throw news === undefined ? error : createUnwrittenError(error);
      });
      learnOwn(written.map((record) => ({ ...record, endsSession: false })));
      audit?.record(toAuditEvent(revocation));
    },
    learn: (records) => learnOwn(records.map((record) => ({ ...record, endsSession: isOfSession(record) }))),
    hold: (revocations) => hold(revocations, "here"),
    endReasonOf: (sessionId) => unwritten.endReasonOf(sessionId),
    onRevoked: remembered.onRevoked,
    entries: remembered.entries,
    listUnwritten: () => unwritten.list().map(toUnwrittenRecord),
    look: async () => running?.feed.look(),
    readAtMs,
    hasReadWithin: (ms) => running?.feed.hasReadWithin(ms) === true,
    get unwritten() {
      return unwritten.size;
    },
    get size() {
      return remembered.size;
    },
  };
}

/**
 * Have what was written handed on in the order of the history, which only the store knows. A store that cannot be read any more
 * may come back without it, when another server takes over: then it is handed on without a place, and is written again.
 */
async function handOn(
  written: readonly WrittenRevocation[],
  feed: RunningRevocations["feed"] | undefined,
  rewrite: (revocations: readonly UnwrittenRevocation[]) => unknown,
): Promise<void> {
  await feed?.look();
  if (feed?.hasReadWithin(Infinity) === false) {
    rewrite(written.map(toRewritten));
  }
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

/** Check whether a session of the store has ended with a revocation: providers log out sessions of their own. */
function isOfSession({ dimension, issuer, changedClaims }: RevocationRecord): boolean {
  return dimension === "sid" && issuer === OWN_ISSUER && changedClaims === undefined;
}

/** The store cannot be asked how long the tokens last: assume the longest that is accepted. */
function toUnwrittenRecord(revocation: UnwrittenRevocation): RevocationRecord {
  return { ...revocation, id: 0, expiresAtMs: toExpiryMs(revocation, MAX_ACCESS_LIFE_MS) };
}
