import { Code, ConnectError, type Interceptor, type StreamRequest } from "@connectrpc/connect";
import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy.ts";
import type { PolicyTable } from "../authorize/policy-table.ts";
import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import { cutOffAfterGrace } from "../streams/drain-grace.ts";
import { isStreamId } from "../streams/stream-id.ts";
import { createStreamLifetime, type StreamLifetime } from "../streams/stream-lifetime.ts";
import type { StreamLease, StreamRegistry } from "../streams/stream-registry.ts";
import { resultUntilEnded, untilEnded } from "../streams/until-ended.ts";
import { transportOf } from "./node-request.ts";
import { type Caller, callerOf, replacePrincipal } from "./principal-context.ts";

/** The request header by which a client names its stream. */
const STREAM_ID_HEADER = "countersign-stream-id";
/** The response header that says how many seconds a stream may last without renewal. */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/** What {@link createStreamLeases} needs. */
export interface StreamLeaseOptions {
  /** Where open streams are kept. */
  readonly registry: StreamRegistry;
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** What has been revoked. */
  readonly revocations: RevocationCheck;
  /** The time. */
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
}

/**
 * Create the interceptor that ends every stream with the token it runs on: at its expiry, or when its session
 * is revoked, unless it is renewed before. The handler's signal aborts, and neither the handler nor the client
 * is waited for.
 */
export function createStreamLeases(options: StreamLeaseOptions): Interceptor {
  const { registry, revocations, clock } = options;
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
    const { lease, lifetime, deadlineMs } = openLease(options, { req, caller, policy });
    const release = (): void => {
      lifetime.release();
      registry.remove(lease);
    };
    // Connect aborts the signal of a call when it is over, however it ended.
    req.signal.addEventListener("abort", release, { once: true });
    try {
      // The session may have been revoked after the gate looked and before the registry knew of the stream.
      if (revocations.isRevoked(lease.principal)) {
        throw new AuthError("SESSION_REVOKED", "the session has been revoked");
      }
      const leased = {
        ...req,
        signal: AbortSignal.any([req.signal, lifetime.signal]),
        message: untilEnded(req.message, lifetime),
      };
      const res = await resultUntilEnded(next(leased), lifetime);
      if (!res.stream) {
        return res;
      }
      res.header.set(EXPIRES_IN_HEADER, toSeconds(deadlineMs - clock.nowMs()));
      return { ...res, message: untilEnded(res.message, lifetime) };
    } catch (error) {
      release();
      throw error;
    }
  };
}

interface Opening {
  readonly req: StreamRequest;
  readonly caller: Caller & { readonly principal: Principal };
  readonly policy: Policy;
}

/** Say whether a call has a principal. Only a renewal changes it, to another. */
function isKnown(caller: Caller | undefined): caller is Caller & { readonly principal: Principal } {
  return caller?.principal !== undefined;
}

interface OpenLease {
  readonly lease: StreamLease;
  readonly lifetime: StreamLifetime;
  /** When it ends if it is not renewed, in milliseconds since 1970. */
  readonly deadlineMs: number;
}

function openLease(options: StreamLeaseOptions, { req, caller, policy }: Opening): OpenLease {
  const { clock, registry, toleranceSeconds } = options;
  const streamId = readStreamId(req);
  const latestEndMs = clock.nowMs() + (policy.streamMaxAgeMs ?? Infinity);
  const toDeadlineMs = (principal: Principal): number =>
    Math.min((principal.expiresAtSeconds + toleranceSeconds) * 1000, latestEndMs);
  const deadlineMs = toDeadlineMs(caller.principal);
  const lifetime = createStreamLifetime(clock, deadlineMs);
  const lease: StreamLease = {
    streamId,
    policy,
    get principal() {
      return caller.principal;
    },
    end: (error) => lifetime.end(error),
    renew(principal) {
      if (lifetime.ended !== undefined || endIfRevoked(options, lifetime, principal)) {
        return 0;
      }
      const renewedUntilMs = toDeadlineMs(principal);
      const leftMs = renewedUntilMs - clock.nowMs();
      // A token that has run out on its way here ends nothing.
      if (leftMs > 0) {
        lifetime.setDeadline(renewedUntilMs);
        replacePrincipal(caller, principal);
      }
      return leftMs;
    },
  };
  if (!registry.add(lease)) {
    lifetime.release();
    throw new ConnectError("a stream of this identifier is open already", Code.AlreadyExists);
  }
  const transport = transportOf(req.contextValues);
  if (transport !== undefined) {
    lifetime.onEnd(() => cutOffAfterGrace(transport));
  }
  return { lease, lifetime, deadlineMs };
}

/** The gate let a token in; since then it may have been revoked, and this stream not have been found by it. */
function endIfRevoked(
  { revocations }: StreamLeaseOptions,
  lifetime: StreamLifetime,
  principal: Principal,
): boolean {
  const isRevoked = revocations.isRevoked(principal);
  if (isRevoked) {
    lifetime.end(new AuthError("SESSION_REVOKED", "the session has been revoked"));
  }
  return isRevoked;
}

function readStreamId(req: StreamRequest): string | undefined {
  const id = req.header.get(STREAM_ID_HEADER);
  if (id !== null && !isStreamId(id)) {
    throw new ConnectError(`${STREAM_ID_HEADER} is not 128 bits in base64url`, Code.InvalidArgument);
  }
  return id ?? undefined;
}

function toSeconds(ms: number): string {
  return String(Math.max(0, Math.floor(ms / 1000)));
}
