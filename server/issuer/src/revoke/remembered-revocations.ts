import type { Clock } from "@countersign/server";
import {
  type ChangedClaims,
  createRevocationListeners,
  createRevokedSet,
  type RevocableToken,
  type RevocationListeners,
  type Revoked,
} from "@countersign/server/internal";
import { OWN_ISSUER, type RevocationRecord } from "../store/revocations.ts";

/** What is revoked, in memory, and those who want to know. */
export interface RememberedRevocations {
  /** Take in revocations, and notify of those that are new. */
  act(records: readonly RevocationRecord[]): void;
  /** Check whether a token is revoked. */
  covers(token: RevocableToken): boolean;
  /** Find what is changed of a token, in the order in which it is to be applied. @returns undefined: nothing is */
  readonly changesOf: (token: RevocableToken) => readonly ChangedClaims[] | undefined;
  /** Call back for what is revoked from now on. @returns what ends the calls */
  readonly onRevoked: RevocationListeners<RevocationRecord>["add"];
  /** Go through all of them. Those that come meanwhile may be among them. */
  readonly entries: () => Iterable<Revoked>;
  /** How many there are. */
  readonly size: number;
}

/** What {@link createRememberedRevocations} needs. */
export interface RememberedRevocationsOptions {
  readonly clock: Clock;
  /** The name of the issuer that the store belongs to, if it is known. */
  readonly issuer: () => string | undefined;
  /** Takes what a listener throws. */
  readonly onError: (error: unknown) => void;
}

/** Create the memory of what is revoked: at first, of nothing. */
export function createRememberedRevocations(options: RememberedRevocationsOptions): RememberedRevocations {
  const { clock, issuer, onError } = options;
  const set = createRevokedSet();
  const listeners = createRevocationListeners<RevocationRecord>(onError);
  return {
    act(records) {
      const nowMs = clock.nowMs();
      set.forget(nowMs);
      const news = records
        .filter(({ expiresAtMs }) => expiresAtMs > nowMs)
        .map((record) => named(record, issuer()))
        .filter((record) => set.add(record));
      listeners.notify(news);
    },
    covers: (token) => set.covers(token),
    changesOf: (token) => set.changesOf(token),
    onRevoked: (listener) => listeners.add(listener),
    entries: () => set.entries(),
    get size() {
      return set.size;
    },
  };
}

/** Put the name of the issuer that the store belongs to where it is meant. */
function named(record: RevocationRecord, issuer: string | undefined): RevocationRecord {
  return record.issuer === OWN_ISSUER ? { ...record, issuer } : record;
}
