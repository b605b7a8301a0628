import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import type { Principal } from "../authenticate/principal.ts";
import { createClockWatch } from "../streams/clock-watch.ts";
import { resultUntilEnded, untilEnded } from "../streams/until-ended.ts";
import { endIfRevoked, openLease, type StreamLeaseOptions } from "./open-lease.ts";
import { type Caller, callerOf } from "./principal-context.ts";

/** The response header that says how many seconds a stream may last without renewal. */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/**
 * Create the interceptor that ends every stream with the token it runs on: at its expiry, or when its session
 * is revoked, unless it is renewed before. The handler's signal aborts, and neither the handler nor the client
 * is waited for.
 */
export function createStreamLeases(options: StreamLeaseOptions): Interceptor {
  const { registry, clock } = options;
  const context = { ...options, watch: createClockWatch(clock) };
  return (next) => async (req) => {
    const caller = req.stream ? callerOf(req) : undefined;
    const policy = options.policies.get(req.method);
    if (!req.stream || !isKnown(caller) || policy === undefined) {
      return next(req);
    }
    if (req.signal.aborted) {
      // The caller has left while the gate decided: nobody would ever say so again.
      throw ConnectError.from(req.signal.reason, Code.Canceled);
    }
    const { lease, lifetime } = openLease(context, { req, caller, policy });
    const release = (): void => {
      lifetime.release(req.signal.reason);
      if (registry.remove(lease) && lifetime.ended === undefined) {
        registry.watch.ended("CLOSED");
      }
    };
    // Connect aborts the signal of a call when it is over, however it ended.
    req.signal.addEventListener("abort", release, { once: true });
    try {
      // The session may have been revoked after the gate looked and before the registry knew of the stream.
      endIfRevoked(options, lifetime, lease.principal);
      if (lifetime.ended !== undefined) {
        throw lifetime.ended;
      }
      // One signal for both ends: joining two takes 2 kB more for each stream.
      const leased = { ...req, signal: lifetime.signal, message: untilEnded(req.message, lifetime) };
      const res = await resultUntilEnded(next(leased), lifetime);
      if (!res.stream) {
        return res;
      }
      res.header.set(EXPIRES_IN_HEADER, toSeconds(lifetime.deadlineMs - clock.nowMs()));
      return { ...res, message: untilEnded(res.message, lifetime) };
    } catch (error) {
      release();
      throw error;
    }
  };
}

/** Say whether a call has a principal. Only a renewal changes it, to another. */
function isKnown(caller: Caller | undefined): caller is Caller & { readonly principal: Principal } {
  return caller?.principal !== undefined;
}

function toSeconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1000)));
}
