import type { RevocationDimension, RevocationRecord } from "../store/revocations.ts";

/** What an access token can be revoked by. */
export interface RevocableToken {
  readonly sessionId: string | undefined;
  readonly subject: string;
  readonly tokenId: string | undefined;
  readonly clientId: string;
  readonly keyId: string | undefined;
  readonly issuedAtSeconds: number;
}

/** Revocations in memory. */
export interface RevokedSet {
  /**
   * Take in a revocation.
   *
   * @param forgetAtMs from when on no token that it is about can be valid
   * @returns false when it says nothing new
   */
  add(record: RevocationRecord, forgetAtMs: number): boolean;
  /** Say whether a token is revoked: a lookup for each thing it can be revoked by, and nothing allocated. */
  covers(token: RevocableToken): boolean;
  /** Drop what can be forgotten, as long as the oldest can. */
  forget(nowMs: number): void;
  /** How many there are. */
  readonly size: number;
}

interface Bound {
  /** Tokens that were issued after it are good. */
  readonly beforeMs: number;
  readonly forgetAtMs: number;
}

/** Create an empty set. */
export function createRevokedSet(): RevokedSet {
  const bounds = {
    sid: new Map<string, Bound>(),
    sub: new Map<string, Bound>(),
    jti: new Map<string, Bound>(),
    client_id: new Map<string, Bound>(),
    kid: new Map<string, Bound>(),
  } satisfies Record<RevocationDimension, Map<string, Bound>>;
  const maps = Object.values(bounds);
  return {
    add({ dimension, value, beforeMs = Infinity }, forgetAtMs) {
      const map = bounds[dimension];
      const known = map.get(value);
      if (known !== undefined && known.beforeMs >= beforeMs) {
        return false;
      }
      // At the end again, so that the oldest come first.
      map.delete(value);
      map.set(value, { beforeMs, forgetAtMs });
      return true;
    },
    covers(token) {
      const issuedAtMs = token.issuedAtSeconds * 1_000;
      return (
        isBound(bounds.sid, token.sessionId, issuedAtMs) ||
        isBound(bounds.sub, token.subject, issuedAtMs) ||
        isBound(bounds.jti, token.tokenId, issuedAtMs) ||
        isBound(bounds.client_id, token.clientId, issuedAtMs) ||
        isBound(bounds.kid, token.keyId, issuedAtMs)
      );
    },
    forget(nowMs) {
      for (const map of maps) {
        forgetOldest(map, nowMs);
      }
    },
    get size() {
      return maps.reduce((sum, map) => sum + map.size, 0);
    },
  };
}

function isBound(map: ReadonlyMap<string, Bound>, value: string | undefined, issuedAtMs: number): boolean {
  if (value === undefined || map.size === 0) {
    return false;
  }
  const bound = map.get(value);
  return bound !== undefined && issuedAtMs <= bound.beforeMs;
}

function forgetOldest(map: Map<string, Bound>, nowMs: number): void {
  for (const [value, { forgetAtMs }] of map) {
    if (forgetAtMs > nowMs) {
      return;
    }
    map.delete(value);
  }
}
