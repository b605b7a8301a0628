import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Principal } from "../../authenticate/principal.ts";
import type { Policy } from "../../authorize/policy-fields.ts";
import { cutOffAfterGrace, type Transport } from "../../streams/drain-grace.ts";
import type { Ending } from "../../streams/ending.ts";
import { findOwnerId } from "../../streams/owner-id.ts";
import type { StreamDrain } from "../../streams/stream-drain.ts";
import type { LeaseContext } from "../../streams/stream-lease.ts";
import { createExpiry, createStreamLifetime, type StreamLifetime } from "../../streams/stream-lifetime.ts";
import type { AnonymousStreams } from "../anonymous-streams.ts";
import { type Caller, stateOf } from "../call-state.ts";
import { announceOpening, transportOf } from "../node-request.ts";
import { type Opening, type OpeningContext, openLease } from "../open-lease.ts";
import { peerOf } from "../peer.ts";
import { callerOf } from "../principal-context.ts";

/**
 * The response header that says how many seconds a stream may last without renewal. The SDK has the same: a test holds
 * both equal.
 */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/** The response header that says which process has a stream that can be renewed. The SDK has the same. */
const OWNER_HEADER = "countersign-stream-owner";

/** What streams are opened with. */
export interface StreamOptions {
  /** For streams that run on a token. */
  readonly leases: OpeningContext;
  /** For those without a principal. */
  readonly anonymous: AnonymousStreams;
  /** Ends those that have no end of their own, when the server stops. */
  readonly drain: StreamDrain;
}

/** A stream that is about to be opened. */
export interface StreamOpening extends Pick<Opening, "ctx" | "policy" | "assertRule"> {
  /** Whether it ends by itself, as a call does: one answer to the messages of its client. */
  readonly isCall: boolean;
}

/** A stream that is open. */
export interface OpenStream {
  /** The context of its handler: the signal aborts when the stream ends, and when that of the call does. */
  readonly ctx: HandlerContext;
  /** When and why it ends. */
  readonly ending: Pick<StreamLifetime, keyof Ending | "end">;
  /** It is over by itself. */
  release(): void;
}

/**
 * Open a stream that ends at its deadline, with its session, or by itself.
 *
 * @throws AuthError when it may not be opened: the token has run out, the session is revoked, or there are too many
 * @throws ConnectError when its name is none or taken, or the client has left
 */
export function openStream(options: StreamOptions, opening: StreamOpening): OpenStream {
  const { ctx } = opening;
  if (ctx.signal.aborted) {
    // The client has left while the gate decided, and its signal aborts only once.
    throw ConnectError.from(ctx.signal.reason, Code.Canceled);
  }
  const { lifetime, isRenewable, close } = begin(options, opening);
  const client = stateOf(ctx.values)?.signal;
  const transport = transportOf(ctx.values, client);
  const release = (): void => {
    ctx.signal.removeEventListener("abort", onAbort);
    client?.removeEventListener("abort", release);
    options.drain.remove(lifetime);
    close([ctx.signal, client].find((signal) => signal?.aborted === true)?.reason);
  };
  // Connect aborts the signal of a call when the client leaves, but also when its deadline passes, or the server shuts
  // down: a handler need not heed it, and then its stream still ends with its token and its session.
  const onAbort = (): void => {
    if (client?.aborted !== false && transport?.isDone() !== false) {
      release();
      return;
    }
    lifetime.abort(ctx.signal.reason);
    transport?.onDone(release);
    if (transport !== undefined && isDeadline(ctx.signal.reason)) {
      cutOffAfterGrace(transport, options.leases.clock);
    }
  };
  ctx.signal.addEventListener("abort", onAbort);
  // An interceptor may have put another signal in the place of that of the call: that of the request says when the
  // client leaves.
  client?.addEventListener("abort", release);
  if (!opening.isCall) {
    options.drain.add(lifetime);
  }
  lifetime.onEnd(() => {
    options.drain.remove(lifetime);
    if (transport !== undefined) {
      cutOffAfterGrace(transport, options.leases.clock);
    }
  });
  if (lifetime.ended !== undefined) {
    release();
    throw lifetime.ended;
  }
  const leftMs = lifetime.deadlineMs - options.leases.clock.nowMs();
  ctx.responseHeader.set(EXPIRES_IN_HEADER, toSeconds(leftMs));
  if (isRenewable) {
    ctx.responseHeader.set(OWNER_HEADER, findOwnerId());
    announceOpening(ctx.values, ctx.responseHeader);
  }
  // One signal for both ends: joining two takes 2 kB more for each stream.
  return {
    ctx: { ...ctx, signal: lifetime.signal },
    ending: lifetime,
    release() {
      release();
      if (transport !== undefined && lifetime.ended === undefined) {
        boundSending(transport, lifetime.deadlineMs, options.leases);
      }
    },
  };
}

/**
 * What a handler has given before it ended may wait for its client for as long as the stream could have lasted: one that
 * reads slowly gets all of it, and one that does not read holds it no longer than with a handler that goes on.
 */
function boundSending(transport: Transport, untilMs: number, { deadlines, clock }: LeaseContext): void {
  if (transport.isDone()) {
    return;
  }
  const end = deadlines.add(untilMs, () => cutOffAfterGrace(transport, clock));
  transport.onDone(() => deadlines.cancel(end));
}

/** Check whether the signal of a call was aborted because the time is over that its client waits. */
function isDeadline(reason: unknown): boolean {
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
}

type Openings = Pick<StreamOptions, "leases" | "anonymous">;

/** A stream that has begun, and may have ended already. */
interface Begun {
  readonly lifetime: StreamLifetime;
  /** Whether it can go on with a newer token. */
  readonly isRenewable: boolean;
  readonly close: (reason: unknown) => void;
}

function begin({ leases, anonymous }: Openings, { ctx, policy, assertRule }: StreamOpening): Begun {
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
function beginAnonymous({ leases, anonymous }: Openings, ctx: HandlerContext, policy: Policy): Begun {
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

function toSeconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1000)));
}
