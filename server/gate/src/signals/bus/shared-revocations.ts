import type { ChangedClaims } from "../../revoked/changed-claims.ts";
import { createRevocationListeners, type RevocationListeners } from "../../revoked/revocation-listeners.ts";
import type { RevocableToken, Revoked } from "../../revoked/revoked.ts";
import { createRevokedSet } from "../../revoked/revoked-set.ts";

/** What a server knows, in short: of two servers that know the same, it is the same. */
export interface SetDigest {
  /** What has expired by then is not in it: digests of different slots are not compared. */
  readonly slot: number;
  /** A number for each part of the set, by the hash of what is revoked. */
  readonly sums: readonly number[];
}

/** What is revoked, as several servers know it that tell each other. */
export interface SharedRevocations {
  /** Take in what is revoked. What is known already changes nothing. */
  learn(revoked: readonly Revoked[], nowMs: number): void;
  /** Check whether a token is revoked. */
  covers(token: RevocableToken): boolean;
  /** Find what is changed of a token. @returns undefined: nothing is */
  changesOf(token: RevocableToken): readonly ChangedClaims[] | undefined;
  /** Sum up what is known, and drop what has expired. */
  digest(nowMs: number): SetDigest;
  /** List what is known in some parts. */
  list(parts: readonly number[]): readonly Revoked[];
  /** Call back for what is learned from now on. @returns what ends the calls */
  readonly onRevoked: RevocationListeners<Revoked>["add"];
  /** How much is known. */
  readonly size: number;
}

/** The parts of the set. Where two servers differ in one entry, one part is sent. */
const PARTS = 64;

/** Moments of expiry are rounded up to it, in milliseconds, so that servers whose clocks differ a little drop the same. */
const SLOT_MS = 10 * 60 * 1_000;

interface Entry {
  readonly revoked: Revoked;
  readonly part: number;
  readonly hash: number;
}

/** Create an empty set. @param onError takes what a listener throws */
export function createSharedRevocations(onError: (error: unknown) => void): SharedRevocations {
  const set = createRevokedSet();
  const listeners = createRevocationListeners<Revoked>(onError);
  const entries = new Map<string, Entry>();
  const slots = new Map<number, Set<string>>();
  const sums = new Uint32Array(PARTS);

  const put = (key: string, entry: Entry | undefined): void => {
    const known = entries.get(key);
    if (known !== undefined) {
      toggle(sums, known);
      slots.get(toSlot(known.revoked.expiresAtMs))?.delete(key);
      entries.delete(key);
    }
    if (entry !== undefined) {
      toggle(sums, entry);
      const slot = toSlot(entry.revoked.expiresAtMs);
      slots.set(slot, (slots.get(slot) ?? new Set()).add(key));
      entries.set(key, entry);
    }
  };
  const dropExpired = (slot: number): void => {
    for (const [ended, keys] of slots) {
      if (ended <= slot) {
        slots.delete(ended);
        for (const key of keys) {
          put(key, undefined);
        }
      }
    }
  };
  /** @returns what it is now, if more is revoked by it than before */
  const learnOne = (given: Revoked, nowMs: number): Revoked | undefined => {
    if (toSlot(given.expiresAtMs) <= Math.floor(nowMs / SLOT_MS)) {
      return undefined;
    }
    const key = keyOf(given);
    const known = entries.get(key)?.revoked;
    const revoked = known === undefined ? roundUp(given) : join(known, roundUp(given));
    const hash = hashOf(`${key} ${revoked.beforeMs} ${revoked.expiresAtMs}`);
    put(key, { revoked, part: hashOf(key) % PARTS, hash });
    return set.add(revoked) ? revoked : undefined;
  };

  return {
    learn(revoked, nowMs) {
      set.forget(nowMs);
      listeners.notify(revoked.flatMap((one) => learnOne(one, nowMs) ?? []));
    },
    covers: (token) => set.covers(token),
    changesOf: (token) => set.changesOf(token),
    digest(nowMs) {
      const slot = Math.floor(nowMs / SLOT_MS);
      dropExpired(slot);
      set.forget(nowMs);
      return { slot, sums: [...sums] };
    },
    list(parts) {
      const wanted = new Set(parts);
      return [...entries.values()].filter(({ part }) => wanted.has(part)).map(({ revoked }) => revoked);
    },
    onRevoked: (listener) => listeners.add(listener),
    get size() {
      return entries.size;
    },
  };
}

/** List the parts in which two servers differ, or may: all of them, where their digests cannot be compared. */
export function findDifferences(own: SetDigest, other: SetDigest): readonly number[] {
  const isComparable = own.slot === other.slot;
  return own.sums.flatMap((sum, part) => (isComparable && sum === other.sums[part] ? [] : [part]));
}

/** Name what is revoked. Each change of claims is an entry of its own: which of them comes last, the set decides. */
function keyOf({ issuer = "", dimension, value, beforeMs, changedClaims }: Revoked): string {
  const change = changedClaims === undefined ? [] : [beforeMs ?? null, changedClaims];
  return JSON.stringify([issuer, dimension, value, ...change]);
}

function toSlot(expiresAtMs: number): number {
  return Math.ceil(expiresAtMs / SLOT_MS);
}

function roundUp(revoked: Revoked): Revoked {
  return { ...revoked, expiresAtMs: toSlot(revoked.expiresAtMs) * SLOT_MS };
}

/** Of two revocations of one thing, the later moment counts, and the later expiry. */
function join(one: Revoked, other: Revoked): Revoked {
  const isOpen = one.beforeMs === undefined || other.beforeMs === undefined;
  return {
    ...one,
    beforeMs: isOpen ? undefined : Math.max(one.beforeMs, other.beforeMs),
    expiresAtMs: Math.max(one.expiresAtMs, other.expiresAtMs),
  };
}

/** An entry that is added twice is gone again, in whatever order others come and go. */
function toggle(sums: Uint32Array, { part, hash }: Entry): void {
  sums[part] = (sums[part] ?? 0) ^ hash;
}

/** FNV-1a with a last mixing: values come from providers that are trusted, and none of them gains by two that collide. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
