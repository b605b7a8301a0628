import { LRUCache } from "lru-cache";
import type { TrustedIssuer } from "./issuers.ts";
import type { Verdict } from "./verify-token.ts";

/** Remembers tokens that were verified, by their digest. Bounded; never holds a token, nor one that does not verify. */
export interface VerdictCache {
  /** Find the verdict on a token that was verified before. Whether it still holds is for the caller to check. */
  get(digest: string): Verdict | undefined;
  /** Remember a verdict. The one that was used least lately goes when there are too many. */
  set(digest: string, verdict: Verdict): void;
  /** Forget a verdict that holds no more. @returns whether there was one */
  delete(digest: string): boolean;
  /** Forget every verdict on tokens of an issuer. */
  deleteAllOf(issuer: TrustedIssuer): void;
  /** How many there are. */
  readonly size: number;
}

/** A subclass, and not an object around the cache: every call asks it. */
class IssuerVerdicts extends LRUCache<string, Verdict> implements VerdictCache {
  deleteAllOf(issuer: TrustedIssuer): void {
    for (const [digest, verdict] of [...this.entries()]) {
      if (verdict.issuer === issuer) {
        this.delete(digest);
      }
    }
  }
}

/**
 * Create an empty cache.
 *
 * @param maxEntries how many verdicts it holds at the most
 */
export function createVerdictCache(maxEntries: number): VerdictCache {
  return new IssuerVerdicts({ max: maxEntries });
}
