import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { Ending } from "../../streams/ending.ts";
import type { StreamLifetime } from "../../streams/stream-lifetime.ts";
import { type AnonymousStreams, openAnonymous } from "../anonymous-streams.ts";
import { stateOf } from "../call-state.ts";
import { endIfRevoked, type LeaseContext, type Opening, openLease } from "../open-lease.ts";
import { callerOf } from "../principal-context.ts";

/** The response header that says how many seconds a stream may last without renewal. */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/** What streams are opened with. */
export interface StreamOptions {
  /** For streams that run on a token. */
  readonly leases: LeaseContext;
  /** For those of nobody. */
  readonly anonymous: AnonymousStreams;
}

/** A stream that is about to be opened. */
export interface StreamOpening extends Pick<Opening, "ctx" | "policy" | "assertRule"> {}

/** A stream that is open. */
export interface OpenStream {
  /** The context of its handler: the signal aborts when the stream ends. */
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
    // The client has left while the gate decided: nobody would ever say so again.
    throw ConnectError.from(ctx.signal.reason, Code.Canceled);
  }
  const { lifetime, release } = begin(options, opening);
  // Connect aborts the signal of a call when it is over, however it ended.
  ctx.signal.addEventListener("abort", release, { once: true });
  // An interceptor may have put another in its place: that of the request says when the client leaves.
  stateOf(ctx.values)?.signal?.addEventListener("abort", release, { once: true });
  if (lifetime.ended !== undefined) {
    release();
    throw lifetime.ended;
  }
  const leftMs = lifetime.deadlineMs - options.leases.clock.nowMs();
  ctx.responseHeader.set(EXPIRES_IN_HEADER, toSeconds(leftMs));
  // One signal for both ends: joining two takes 2 kB more for each stream.
  return { ctx: { ...ctx, signal: lifetime.signal }, ending: lifetime, release };
}

interface Begun {
  readonly lifetime: StreamLifetime;
  readonly release: () => void;
}

function begin(options: StreamOptions, { ctx, policy, assertRule }: StreamOpening): Begun {
  const caller = callerOf(ctx);
  if (caller?.principal === undefined) {
    const { lifetime, close } = openAnonymous(options, ctx, policy);
    return {
      lifetime,
      release() {
        lifetime.release(ctx.signal.reason);
        close();
      },
    };
  }
  const { registry } = options.leases;
  // Only a renewal changes the principal, to another.
  const known = caller as typeof caller & { readonly principal: typeof caller.principal & object };
  const { lease, lifetime } = openLease(options.leases, { ctx, caller: known, policy, assertRule });
  const release = (): void => {
    lifetime.release(ctx.signal.reason);
    if (registry.remove(lease) && lifetime.ended === undefined) {
      tellClosed(options.leases, ctx);
    }
  };
  try {
    // The session may have been revoked after the gate looked and before the registry knew of the stream.
    endIfRevoked(options.leases, lifetime, lease.principal);
  } catch (error) {
    release(); // what is revoked cannot be known
    throw error;
  }
  return { lifetime, release };
}

/** Figures must not keep a stream from ending. */
function tellClosed({ registry, onError }: LeaseContext, { method }: HandlerContext): void {
  try {
    registry.watch.ended("CLOSED");
  } catch (error) {
    onError(error, method);
  }
}

function toSeconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1000)));
}
