import { type ChangedClaims, type ClaimsRecord, createClaimsChanges } from "./changed-claims.ts";
import { type RevocableToken, type Revoked, readDimension, sessionOf } from "./revoked.ts";

/** Revocations in memory. */
export interface RevokedSet {
  /** Take in a revocation. @returns false when it covers no more tokens than those before it */
  add(revoked: Revoked): boolean;
  /** Check whether a token is revoked: a lookup for each thing it can be revoked by, and nothing allocated. */
  covers(token: RevocableToken): boolean;
  /** Find what is changed of a token, in the order in which it is to be applied. @returns undefined: nothing is */
  changesOf(token: RevocableToken): readonly ChangedClaims[] | undefined;
  /** Look at some of them, in turn, and drop those that no valid token can be of any more. */
  forget(nowMs: number): void;
  /** Go through all of them. Those that are added meanwhile may be among them. */
  entries(): Iterable<Revoked>;
  /** How many there are. */
  readonly size: number;
}

/** Tokens that were issued later are good. */
interface Moment {
  readonly beforeMs: number;
  readonly expiresAtMs: number;
}

/**
 * What is remembered of one value. A number: every token that has it is revoked, and that is when no such token can be valid
 * any more. Most are such, there may be a million of them, and a number takes a third of an object.
 */
type Bound = number | Moment;

/** What is revoked of one issuer, or of all. */
type Bounds = Readonly<Record<Revoked["dimension"], Map<string, Bound>>>;

/** How many are looked at in one go: done in a fraction of a millisecond, and more often than new ones come. */
const FORGET_STEP = 1_000;

/** Create an empty set. */
export function createRevokedSet(): RevokedSet {
  const ofEveryIssuer = createBounds();
  const byIssuer = new Map<string, Bounds>();
  const boundsOf = (issuer: string | undefined): Bounds => {
    if (issuer === undefined) {
      return ofEveryIssuer;
    }
    const bounds = byIssuer.get(issuer) ?? createBounds();
    byIssuer.set(issuer, bounds);
    return bounds;
  };
  const everyMap = (): readonly Map<string, Bound>[] =>
    [ofEveryIssuer, ...byIssuer.values()].flatMap((bounds) => Object.values(bounds));
  let round = walk(everyMap);
  const changes = createClaimsChanges();
  return {
    add(given) {
      const revoked = toKnown(given);
      return isOfClaims(revoked)
        ? changes.add(revoked)
        : widen(boundsOf(revoked.issuer)[revoked.dimension], revoked);
    },
    covers(token) {
      const bounds = byIssuer.get(token.issuer);
      return (bounds !== undefined && isCovered(bounds, token)) || isCovered(ofEveryIssuer, token);
    },
    changesOf: (token) => changes.of(token),
    forget(nowMs) {
      changes.forget(nowMs);
      for (let looked = 0; looked < FORGET_STEP; looked += 1) {
        const { value: found, done } = round.next();
        if (done === true) {
          round = walk(everyMap);
          return;
        }
        if (expiryOf(found.bound) <= nowMs) {
          found.map.delete(found.value);
        }
      }
    },
    *entries() {
      yield* list(undefined, ofEveryIssuer);
      for (const [issuer, bounds] of byIssuer) {
        yield* list(issuer, bounds);
      }
      yield* changes.entries();
    },
    get size() {
      return everyMap().reduce((sum, map) => sum + map.size, changes.size);
    },
  };
}

/** What cannot be told apart has no value of its own. */
function toKnown(revoked: Revoked): Revoked {
  const dimension = readDimension(revoked.dimension);
  return dimension === "every_token" ? { ...revoked, dimension, value: "" } : revoked;
}

/** What every token says otherwise cannot be told: such a change revokes. */
function isOfClaims(revoked: Revoked): revoked is ClaimsRecord {
  return revoked.changedClaims !== undefined && revoked.dimension !== "every_token";
}

function* list(issuer: string | undefined, bounds: Bounds): Generator<Revoked> {
  for (const dimension of DIMENSIONS) {
    for (const [value, bound] of bounds[dimension]) {
      const beforeMs = typeof bound === "number" ? undefined : bound.beforeMs;
      yield { issuer, dimension, value, beforeMs, expiresAtMs: expiryOf(bound) };
    }
  }
}

const DIMENSIONS = [
  "sid",
  "sub",
  "jti",
  "client_id",
  "kid",
  "every_token",
] as const satisfies readonly Revoked["dimension"][];

function createBounds(): Bounds {
  return {
    sid: new Map(),
    sub: new Map(),
    jti: new Map(),
    client_id: new Map(),
    kid: new Map(),
    every_token: new Map(),
  };
}

/** Of two revocations of one thing, the later moment counts, and the later expiry. */
function widen(map: Map<string, Bound>, { value, beforeMs = Infinity, expiresAtMs }: Revoked): boolean {
  const known = map.get(value);
  if (known === undefined) {
    map.set(value, toBound(beforeMs, expiresAtMs));
    return true;
  }
  const knownMs = momentOf(known);
  const isWider = beforeMs > knownMs;
  if (isWider || expiresAtMs > expiryOf(known)) {
    map.set(value, toBound(Math.max(beforeMs, knownMs), Math.max(expiresAtMs, expiryOf(known))));
  }
  return isWider;
}

function toBound(beforeMs: number, expiresAtMs: number): Bound {
  return beforeMs === Infinity ? expiresAtMs : { beforeMs, expiresAtMs };
}

function momentOf(bound: Bound): number {
  return typeof bound === "number" ? Infinity : bound.beforeMs;
}

function expiryOf(bound: Bound): number {
  return typeof bound === "number" ? bound : bound.expiresAtMs;
}

function isCovered(bounds: Bounds, token: RevocableToken): boolean {
  const issuedAtMs = token.issuedAtSeconds * 1_000;
  return (
    (bounds.sid.size > 0 && isBound(bounds.sid, sessionOf(token), issuedAtMs)) ||
    isBound(bounds.sub, token.subject, issuedAtMs) ||
    isBound(bounds.jti, token.tokenId, issuedAtMs) ||
    isBound(bounds.client_id, token.clientId, issuedAtMs) ||
    isBound(bounds.kid, token.keyId, issuedAtMs) ||
    isBound(bounds.every_token, "", issuedAtMs)
  );
}

function isBound(map: ReadonlyMap<string, Bound>, value: string | undefined, issuedAtMs: number): boolean {
  if (value === undefined || map.size === 0) {
    return false;
  }
  const bound = map.get(value);
  return bound !== undefined && (typeof bound === "number" || issuedAtMs <= bound.beforeMs);
}

interface Walked {
  readonly map: Map<string, Bound>;
  readonly value: string;
  readonly bound: Bound;
}

/** Walk through the maps that there are when it begins. */
function* walk(maps: () => readonly Map<string, Bound>[]): Generator<Walked, undefined> {
  for (const map of maps()) {
    for (const [value, bound] of map) {
      yield { map, value, bound };
    }
  }
}
