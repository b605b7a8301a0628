import type { HandlerContext } from "@connectrpc/connect";
import type { Policy } from "../authorize/policy.ts";
import { createRefusal } from "../errors/refusal.ts";
import { cutOffAfterGrace } from "../streams/drain-grace.ts";
import {
  createStreamLifetime,
  type LifetimeOptions,
  type StreamLifetime,
} from "../streams/stream-lifetime.ts";
import { transportOf } from "./node-request.ts";
import { peerOf } from "./peer.ts";

/** What streams without a principal may take: those of PUBLIC methods, and of OPTIONAL ones without a token. */
export interface AnonymousStreamLimits {
  /** How long one may last, in milliseconds. Default: 5 minutes. */
  readonly maxAgeMs: number;
  /**
   * How many one peer may have open. Peers are told apart by what `setPeer` said, else by the address of the socket;
   * those without either count as one. Default: 100.
   */
  readonly maxPerPeer: number;
  /** How many may be open in all. Default: 2,000. */
  readonly maxTotal: number;
}

const DEFAULT_LIMITS: AnonymousStreamLimits = { maxAgeMs: 5 * 60_000, maxPerPeer: 100, maxTotal: 2_000 };

/** When to try again, in milliseconds: streams end by themselves all the time, nobody knows when. */
const RETRY_AFTER_MS = 5_000;

/**
 * Fill in the limits that are not given.
 *
 * @throws TypeError when a limit is not a positive whole number
 */
export function resolveAnonymousStreams(given: Partial<AnonymousStreamLimits> = {}): AnonymousStreamLimits {
  const limits = { ...DEFAULT_LIMITS, ...given };
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new TypeError(`anonymousStreams.${name} must be a positive whole number`);
    }
  }
  return limits;
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
        throw createRefusal(
          "RATE_LIMITED",
          "too many streams are open without a token: close some, or sign in",
          {
            retryAfterMs: RETRY_AFTER_MS,
          },
        );
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

/** What {@link openAnonymous} needs. */
interface AnonymousOptions {
  readonly leases: LifetimeOptions;
  readonly anonymous: AnonymousStreams;
}

/**
 * Open a stream without a principal: it ends at its longest life.
 *
 * @returns its life, and what to call when it is over
 * @throws AuthError `RATE_LIMITED`
 */
export function openAnonymous(
  { leases, anonymous }: AnonymousOptions,
  ctx: HandlerContext,
  policy: Policy,
): { readonly lifetime: StreamLifetime; readonly close: () => void } {
  const close = anonymous.open(peerOf(ctx.values));
  const maxAgeMs = Math.min(policy.streamMaxAgeMs ?? Infinity, anonymous.limits.maxAgeMs);
  const life = {
    clock: leases.clock,
    watch: leases.watch,
    expiry: "a stream without a token may not last longer",
  };
  const lifetime = createStreamLifetime(life, leases.clock.nowMs() + maxAgeMs);
  lifetime.onEnd(close);
  const transport = transportOf(ctx.values);
  if (transport !== undefined) {
    lifetime.onEnd(() => cutOffAfterGrace(transport));
  }
  return { lifetime, close };
}
