import { createRefusal } from "../errors/refusal.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import { resolveLimits } from "../kernel/limits.ts";

/** What streams without a principal may take: those of PUBLIC methods, and of OPTIONAL ones without a token. */
export interface AnonymousStreamLimits {
  /** How long one may last, in milliseconds. Default: 5 minutes. */
  readonly maxAgeMs: number;
  /**
   * How many one peer may have open. A peer is what `setPeer` was given, else the address of the socket;
   * calls without either count as one peer. Default: 100.
   */
  readonly maxPerPeer: number;
  /** How many may be open in all. Default: 2,000. */
  readonly maxTotal: number;
}

/** When to try again, in milliseconds: other streams end meanwhile. */
const RETRY_AFTER_MS = 5_000;

const TOO_MANY = "too many streams are open without a token: close some, or sign in";

/**
 * Fill in the limits that are not given.
 *
 * @throws TypeError when a limit is not a positive whole number, or there is none of that name
 */
export function resolveAnonymousStreams(given: Partial<AnonymousStreamLimits> = {}): AnonymousStreamLimits {
  return resolveLimits<AnonymousStreamLimits>("anonymousStreams", DEFAULT_LIMITS.anonymousStreams, given);
}

/** The open streams without a principal. */
export interface AnonymousStreams {
  readonly limits: AnonymousStreamLimits;
  /**
   * Count one more.
   *
   * @returns what counts it no more; further calls do nothing
   * @throws AuthError `RATE_LIMITED` when the peer, or all together, have too many
   */
  open(peer: string): () => void;
}

/** Create the count of a server, at zero. */
export function createAnonymousStreams(limits: AnonymousStreamLimits): AnonymousStreams {
  const counts = new Map<string, number>();
  let total = 0;
  return {
    limits,
    open(peer) {
      const count = counts.get(peer) ?? 0;
      if (count >= limits.maxPerPeer || total >= limits.maxTotal) {
        throw createRefusal("RATE_LIMITED", TOO_MANY, {
          retryAfterMs: RETRY_AFTER_MS,
          facts: {
            check: "rate",
            expected: `fewer than ${limits.maxPerPeer} open streams of one peer and ${limits.maxTotal} in all`,
            got: `${count} of the peer and ${total} in all`,
          },
        });
      }
      counts.set(peer, count + 1);
      total += 1;
      let isOpen = true;
      return () => {
        if (!isOpen) {
          return;
        }
        isOpen = false;
        total -= 1;
        const left = (counts.get(peer) ?? 1) - 1;
        if (left === 0) {
          counts.delete(peer);
        } else {
          counts.set(peer, left);
        }
      };
    },
  };
}
