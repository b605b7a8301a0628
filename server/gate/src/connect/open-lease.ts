import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { Principal } from "../authenticate/principal.ts";
import type { Policy } from "../authorize/policy.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { ClockWatch } from "../streams/clock-watch.ts";
import { isStreamId } from "../streams/stream-id.ts";
import { createStreamLifetime, type StreamLifetime } from "../streams/stream-lifetime.ts";
import type { StreamLease, StreamRegistry } from "../streams/stream-registry.ts";
import type { Caller } from "./call-state.ts";
import type { ErrorSink } from "./error-contract.ts";
import { replacePrincipal } from "./principal-context.ts";

/** The request header by which a client names its stream. The SDK has the same: a test holds both equal. */
const STREAM_ID_HEADER = "countersign-stream-id";

/** What streams are opened with. */
export interface StreamLeaseOptions {
  /** Where open streams are kept. */
  readonly registry: StreamRegistry;
  /** What has been revoked. */
  readonly revocations: RevocationCheck;
  /** The time. */
  readonly clock: Clock;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
  /** Who is told of errors that are not the caller's. */
  readonly onError: ErrorSink;
}

/** What streams are opened with, all on one watch of the clock. */
export type LeaseContext = StreamLeaseOptions & { readonly watch: ClockWatch };

/** A stream that is about to be opened. */
export interface Opening {
  readonly ctx: HandlerContext;
  readonly caller: Caller & { readonly principal: Principal };
  readonly policy: Policy;
  /**
   * Holds the rule of the method against the newest message of the client, for a new principal. Absent: it has none.
   *
   * @throws AuthError when the stream may not go on
   */
  readonly assertRule?: ((principal: Principal) => void) | undefined;
}

/** A stream that runs on a token, and its life. */
export interface OpenLease {
  readonly lease: StreamLease;
  readonly lifetime: StreamLifetime;
  /** The stream is over by itself. @param reason why its signal aborts */
  release(reason: unknown): void;
}

/**
 * Take a stream into the registry, until the end of its token. It may have ended already when this returns.
 *
 * @throws ConnectError when its name is none, or taken
 */
export function openLease(options: LeaseContext, opening: Opening): OpenLease {
  const { ctx, caller, policy } = opening;
  const { clock, registry, toleranceSeconds } = options;
  const streamId = readStreamId(ctx);
  const latestEndMs = clock.nowMs() + (policy.streamMaxAgeMs ?? Infinity);
  const toDeadlineMs = (principal: Principal): number =>
    Math.min((principal.expiresAtSeconds + toleranceSeconds) * 1000, latestEndMs);
  const lifetime = createStreamLifetime(options, toDeadlineMs(caller.principal));
  /** What counts streams must not keep one from ending, nor others that end with it. */
  const notify = (call: () => void): void => {
    try {
      call();
    } catch (error) {
      options.onError(error, ctx.method);
    }
  };
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
      if (leftMs <= 0) {
        return 0;
      }
      const refusal = showPrincipal(opening, principal, options.onError);
      if (refusal !== undefined) {
        lifetime.end(refusal);
        return 0;
      }
      lifetime.setDeadline(renewedUntilMs);
      notify(() => registry.watch.renewed());
      return leftMs;
    },
  };
  if (!registry.add(lease)) {
    lifetime.release(undefined);
    throw new ConnectError("a stream of this identifier is open already", Code.AlreadyExists);
  }
  lifetime.onEnd(({ reason }) => {
    const lateMs = reason === "STREAM_EXPIRED" ? clock.nowMs() - lifetime.deadlineMs : undefined;
    notify(() => registry.watch.ended(reason, lateMs));
  });
  return {
    lease,
    lifetime,
    release(reason) {
      lifetime.release(reason);
      if (registry.remove(lease) && lifetime.ended === undefined) {
        notify(() => registry.watch.ended("CLOSED"));
      }
    },
  };
}

/**
 * Hold the rule against the new principal, and show it to the handler. One that throws at it ends its own stream, and no
 * other's renewal.
 */
function showPrincipal(
  { ctx, caller, assertRule }: Opening,
  principal: Principal,
  onError: ErrorSink,
): AuthError | undefined {
  try {
    assertRule?.(principal);
    replacePrincipal(caller, principal);
    return undefined;
  } catch (error) {
    if (error instanceof AuthError) {
      return error;
    }
    onError(error, ctx.method);
    return new AuthError("POLICY_DENIED", "the handler does not go on with the new token");
  }
}

/** The gate let a token in; since then it may have been revoked, and this stream not have been found by it. */
export function endIfRevoked(
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

/**
 * Read the name that a client gave its stream.
 *
 * @throws ConnectError when it is none
 */
function readStreamId(ctx: HandlerContext): string | undefined {
  const id = ctx.requestHeader.get(STREAM_ID_HEADER);
  if (id !== null && !isStreamId(id)) {
    throw new ConnectError(`${STREAM_ID_HEADER} is not 128 bits in base64url`, Code.InvalidArgument);
  }
  return id ?? undefined;
}
