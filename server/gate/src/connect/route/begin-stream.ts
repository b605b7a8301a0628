import type { HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../../authenticate/principal.ts";
import type { Policy } from "../../authorize/policy-fields.ts";
import { createExpiry, createStreamLifetime, type StreamLifetime } from "../../streams/stream-lifetime.ts";
import type { AnonymousStreams } from "../anonymous-streams.ts";
import type { Caller } from "../call-state.ts";
import { type Opening, type OpeningContext, openLease } from "../open-lease.ts";
import { peerOf } from "../peer.ts";
import { callerOf } from "../principal-context.ts";

/** What streams begin with. */
export interface StreamBeginnings {
  /** For streams that run on a token. */
  readonly leases: OpeningContext;
  /** For those without a principal. */
  readonly anonymous: AnonymousStreams;
}

/** A stream that has begun, and may have ended already. */
export interface Begun {
  readonly lifetime: StreamLifetime;
  /** Whether it can go on with a newer token. */
  readonly isRenewable: boolean;
  readonly close: (reason: unknown) => void;
}

/**
 * Begin the life of a stream.
 *
 * @throws AuthError when it may not be opened
 * @throws ConnectError when its name is none or taken
 */
export function beginStream(
  { leases, anonymous }: StreamBeginnings,
  { ctx, policy, assertRule }: Pick<Opening, "ctx" | "policy" | "assertRule">,
): Begun {
  const caller = callerOf(ctx);
  if (!isKnown(caller)) {
    return beginAnonymous({ leases, anonymous }, ctx, policy);
  }
  const opened = openLease(leases, { ctx, caller, policy, assertRule });
  try {
    // What has become known after the gate looked and before the registry knew of the stream.
    opened.judgeAtOpening();
  } catch (error) {
    opened.release(undefined); // whether it is revoked cannot be known
    throw error;
  }
  return {
    lifetime: opened.lifetime,
    isRenewable: policy.renewable,
    close: (reason) => opened.release(reason),
  };
}

/** Check whether a call has a principal. Only a renewal changes it, to another. */
function isKnown(caller: Caller | undefined): caller is Caller & { readonly principal: Principal } {
  return caller?.principal !== undefined;
}

const ANONYMOUS_EXPIRY = createExpiry("a stream without a token may not last longer");

/** A stream without a principal ends at its longest life. */
function beginAnonymous({ leases, anonymous }: StreamBeginnings, ctx: HandlerContext, policy: Policy): Begun {
  const free = anonymous.open(peerOf(ctx.values));
  const maxAgeMs = Math.min(policy.streamMaxAgeMs ?? Infinity, anonymous.limits.maxAgeMs);
  const life = {
    clock: leases.clock,
    deadlines: leases.deadlines,
    expiry: ANONYMOUS_EXPIRY,
  };
  const lifetime = createStreamLifetime(life, leases.clock.nowMs() + maxAgeMs);
  lifetime.onEnd(free);
  return {
    lifetime,
    isRenewable: false,
    close(reason) {
      lifetime.release(reason);
      free();
    },
  };
}
