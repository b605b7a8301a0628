import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { FindCurrent } from "../authenticate/current-principal.ts";
import type { Principal } from "../authenticate/principal.ts";
import { createRevokedError } from "../authenticate/still-good.ts";
import { assertAllowed } from "../authorize/decide.ts";
import type { Policy } from "../authorize/policy-fields.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Deadlines } from "../kernel/deadlines.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import type { StaleWatch } from "./stale-watch.ts";
import { createStreamLifetime, type StreamLifetime } from "./stream-lifetime.ts";
import type { StreamLease, StreamRegistry } from "./stream-registry.ts";

/** What all leases of a server go by. */
export interface LeaseContext {
  /** Where open streams are kept. */
  readonly registry: StreamRegistry;
  /** What has been revoked. */
  readonly revocations: RevocationCheck;
  /** Finds principals as they are by now. */
  readonly findCurrent: FindCurrent;
  /** Ends the streams once that cannot be known. */
  readonly staleWatch: StaleWatch;
  /** The time. */
  readonly clock: Clock;
  /** Where the ends of all streams of the server wait. */
  readonly deadlines: Deadlines;
  /** How far the clocks of issuer and server may lie apart, in seconds. */
  readonly toleranceSeconds: number;
  /** Observes what becomes of streams. It must not throw. */
  readonly observer: IsolatedObserver;
}

/** A stream that is about to run on a token. */
export interface LeaseOptions {
  /** The identifier that the client chose; undefined when it chose none. */
  readonly streamId: string | undefined;
  /** The RPC, as `package.Service/Method`. */
  readonly method: string;
  readonly policy: Policy;
  /** Who the stream runs for; `adopt` replaces the principal. */
  readonly caller: { readonly principal: Principal };
  /** Let the stream go on with a new principal. @returns why it may not */
  readonly adopt: (principal: Principal) => AuthError | undefined;
}

/** A stream that runs on a token, and its life. */
export interface OpenLease {
  readonly lease: StreamLease;
  readonly lifetime: StreamLifetime;
  /**
   * Hold what became known while it was opened against it: it ends if its principal is revoked, or may not call its method
   * by now.
   *
   * @throws AuthError when that cannot be known
   */
  judgeAtOpening(): void;
  /** The stream is over by itself. @param reason why its signal aborts */
  release(reason: unknown): void;
}

/**
 * Create a lease and register it. It ends with its token, at the longest life that its policy allows, or when it is
 * revoked, whichever is first; it may have ended already when this returns.
 *
 * @returns undefined when another stream of the identifier is open
 */
export function createStreamLease(context: LeaseContext, options: LeaseOptions): OpenLease | undefined {
  const { clock, registry, revocations, staleWatch, findCurrent, toleranceSeconds, observer } = context;
  const { streamId, method, policy, caller, adopt } = options;
  const latestEndMs = clock.nowMs() + (policy.streamMaxAgeMs ?? Infinity);
  const toDeadlineMs = ({ expiresAtSeconds }: Principal): number =>
    Math.min((expiresAtSeconds + toleranceSeconds) * 1000, latestEndMs);
  const lifetime = createStreamLifetime(context, toDeadlineMs(caller.principal));

  function endIfRevoked(principal: Principal): boolean {
    const isRevoked = revocations.isRevoked(principal);
    if (isRevoked) {
      lifetime.end(createRevokedError(principal));
    }
    return isRevoked;
  }

  function renew(principal: Principal): number {
    if (lifetime.ended !== undefined || endIfRevoked(principal)) {
      return 0;
    }
    const deadlineMs = toDeadlineMs(principal);
    const leftMs = deadlineMs - clock.nowMs();
    // A token that has run out on its way here ends nothing.
    if (!(leftMs > 0)) {
      return 0;
    }
    const refusal = adopt(principal);
    if (refusal !== undefined) {
      lifetime.end(refusal);
      return 0;
    }
    lifetime.setDeadline(deadlineMs);
    observer.streamRenewed?.({ method, expiresInMs: leftMs });
    return leftMs;
  }

  function judgeAgain(): void {
    const { principal } = caller;
    const refusal = catchRefusal(() => {
      const current = findCurrent(principal);
      if (current === principal || lifetime.ended !== undefined) {
        return undefined;
      }
      assertAllowed(policy, current, { clock, toleranceSeconds });
      return adopt(current);
    });
    if (refusal !== undefined) {
      lifetime.end(refusal);
    }
  }

  const lease: StreamLease = {
    streamId,
    policy,
    get principal() {
      return caller.principal;
    },
    toleranceSeconds,
    end: (error) => lifetime.end(error),
    renew,
    judgeAgain,
  };
  if (!registry.add(lease)) {
    lifetime.release(undefined);
    return undefined;
  }
  staleWatch.update();
  observer.streamOpened?.({ method });
  lifetime.onEnd(({ reason }) => {
    // Not with its last byte: a host that does not say that the client has left may ask for no more of them.
    registry.remove(lease);
    staleWatch.update();
    const lateMs = reason === "STREAM_EXPIRED" ? clock.nowMs() - lifetime.deadlineMs : undefined;
    observer.streamEnded?.({ method, reason, lateMs });
  });
  return {
    lease,
    lifetime,
    judgeAtOpening() {
      if (!endIfRevoked(caller.principal)) {
        judgeAgain();
      }
    },
    release(reason) {
      lifetime.release(reason);
      const wasOpen = registry.remove(lease);
      staleWatch.update();
      if (wasOpen && lifetime.ended === undefined) {
        observer.streamEnded?.({ method, reason: "CLOSED", lateMs: undefined });
      }
    },
  };
}

/** @returns why something is refused; undefined: it is not */
function catchRefusal(judge: () => AuthError | undefined): AuthError | undefined {
  try {
    return judge();
  } catch (error) {
    if (error instanceof AuthError) {
      return error;
    }
    throw error;
  }
}
