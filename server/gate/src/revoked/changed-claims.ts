import { type RevocableToken, type RevocationDimension, type Revoked, sessionOf } from "./revoked.ts";

/** Claims that have other values by now than in tokens that were granted before. */
export interface ChangedClaims {
  /** What the tokens are known by. */
  readonly dimension: RevocationDimension;
  /** The values by the names of the claims; `null`: the claim is gone. */
  readonly claims: Readonly<Record<string, unknown>>;
}

/** A record that does not revoke the tokens that it is about, but changes what they say. */
export type ClaimsRecord = Revoked & ChangedRecord;

interface ChangedRecord {
  readonly dimension: RevocationDimension;
  readonly changedClaims: ChangedClaims["claims"];
}

/** Changed claims in memory. */
export interface ClaimsChanges {
  /** Take in a record. @returns false when it says nothing that is not known */
  add(record: ClaimsRecord): boolean;
  /** Find what is changed of a token, in the order in which it is to be applied. @returns undefined: nothing is */
  of(token: RevocableToken): readonly ChangedClaims[] | undefined;
  /** Drop those that no valid token can be of any more. */
  forget(nowMs: number): void;
  /** Go through all of them. */
  entries(): Iterable<ClaimsRecord>;
  /** How many there are. */
  readonly size: number;
}

/**
 * How long after a change tokens may still be granted by what was read before it, in milliseconds. Of a token that has the
 * new values already, a change takes nothing away.
 */
const IN_FLIGHT_MS = 5_000;

/** What a client may have comes last: it narrows what the others say. */
const DIMENSIONS = [
  "kid",
  "jti",
  "sub",
  "sid",
  "client_id",
] as const satisfies readonly RevocationDimension[];

type Entries = Readonly<Record<RevocationDimension, Map<string, ClaimsRecord>>>;

/** Create an empty set. */
export function createClaimsChanges(): ClaimsChanges {
  const byIssuer = new Map<string | undefined, Entries>();
  let nextExpiryMs = Infinity;
  let size = 0;
  const entriesOf = (issuer: string | undefined): Entries => {
    const entries = byIssuer.get(issuer) ?? createEntries();
    byIssuer.set(issuer, entries);
    return entries;
  };
  const mapsOf = (): readonly Map<string, ClaimsRecord>[] =>
    [...byIssuer.values()].flatMap((entries) => Object.values(entries));

  return {
    add(record) {
      const entries = entriesOf(record.issuer)[record.dimension];
      const known = entries.get(record.value);
      const joined = known === undefined ? record : join(known, record);
      entries.set(record.value, joined);
      nextExpiryMs = Math.min(nextExpiryMs, joined.expiresAtMs);
      size += known === undefined ? 1 : 0;
      return joined.changedClaims !== known?.changedClaims || beforeOf(joined) > beforeOf(known);
    },
    of(token) {
      const found = size === 0 ? [] : find([byIssuer.get(undefined), byIssuer.get(token.issuer)], token);
      return found.length === 0 ? undefined : found;
    },
    forget(nowMs) {
      if (nowMs < nextExpiryMs) {
        return;
      }
      nextExpiryMs = Infinity;
      for (const entries of mapsOf()) {
        for (const { value, expiresAtMs } of entries.values()) {
          if (expiresAtMs > nowMs) {
            nextExpiryMs = Math.min(nextExpiryMs, expiresAtMs);
          } else {
            entries.delete(value);
            size -= 1;
          }
        }
      }
    },
    *entries() {
      for (const entries of mapsOf()) {
        yield* entries.values();
      }
    },
    get size() {
      return size;
    },
  };
}

function createEntries(): Entries {
  return { sid: new Map(), sub: new Map(), jti: new Map(), client_id: new Map(), kid: new Map() };
}

function find(sources: readonly (Entries | undefined)[], token: RevocableToken): readonly ChangedClaims[] {
  const found: ChangedClaims[] = [];
  for (const dimension of DIMENSIONS) {
    for (const entries of sources) {
      const record = entries?.[dimension].get(identifierOf(token, dimension) ?? "");
      if (record !== undefined && token.issuedAtSeconds * 1_000 <= beforeOf(record) + IN_FLIGHT_MS) {
        found.push({ dimension, claims: record.changedClaims });
      }
    }
  }
  return found;
}

function identifierOf(token: RevocableToken, dimension: RevocationDimension): string | undefined {
  switch (dimension) {
    case "sid":
      return sessionOf(token);
    case "sub":
      return token.subject;
    case "jti":
      return token.tokenId;
    case "client_id":
      return token.clientId;
    case "kid":
      return token.keyId;
    default:
      return dimension satisfies never;
  }
}

/** Of two changes of one thing, the later one counts for each claim that both name, in whichever order they come. */
function join(known: ClaimsRecord, record: ClaimsRecord): ClaimsRecord {
  const [earlier, later] = beforeOf(record) < beforeOf(known) ? [record, known] : [known, record];
  const claims = { ...earlier.changedClaims, ...later.changedClaims };
  return {
    ...later,
    expiresAtMs: Math.max(known.expiresAtMs, record.expiresAtMs),
    // What says the same stays the same object: what was worked out with it holds.
    changedClaims: isSame(claims, known.changedClaims) ? known.changedClaims : claims,
  };
}

function isSame(one: ChangedClaims["claims"], other: ChangedClaims["claims"]): boolean {
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => JSON.stringify(one[name]) === JSON.stringify(other[name]))
  );
}

function beforeOf(record: Revoked | undefined): number {
  return record === undefined ? -Infinity : (record.beforeMs ?? Infinity);
}
