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
  const lease = new Lease(context, options);
  if (!context.registry.add(lease)) {
    lease.lifetime.release(undefined);
    return undefined;
  }
  lease.observe();
  return lease;
}

/** A lease and its stream. A class: one is made for every stream. */
class Lease implements StreamLease, OpenLease {
  readonly lifetime: StreamLifetime;
  readonly #context: LeaseContext;
  readonly #options: LeaseOptions;
  /** When it ends at the latest, in milliseconds since 1970. */
  readonly #latestEndMs: number;

  constructor(context: LeaseContext, options: LeaseOptions) {
    this.#context = context;
    this.#options = options;
    this.#latestEndMs = context.clock.nowMs() + (options.policy.streamMaxAgeMs ?? Infinity);
    this.lifetime = createStreamLifetime(context, this.#toDeadlineMs(options.caller.principal));
  }

  get lease(): StreamLease {
    return this;
  }

  get streamId(): string | undefined {
    return this.#options.streamId;
  }

  get policy(): Policy {
    return this.#options.policy;
  }

  get principal(): Principal {
    return this.#options.caller.principal;
  }

  get toleranceSeconds(): number {
    return this.#context.toleranceSeconds;
  }

  /** Have the observer learn that it is open, and of its end. */
  observe(): void {
    const { registry, staleWatch, observer, clock } = this.#context;
    const { method } = this.#options;
    staleWatch.update();
    observer.streamOpened?.({ method });
    this.lifetime.onEnd(({ reason }) => {
      // Not with its last byte: a host that does not say that the client has left may ask for no more of them.
      registry.remove(this);
      staleWatch.update();
      const lateMs = reason === "STREAM_EXPIRED" ? clock.nowMs() - this.lifetime.deadlineMs : undefined;
      observer.streamEnded?.({ method, reason, lateMs });
    });
  }

  end(error: AuthError): void {
    this.lifetime.end(error);
  }

  renew(principal: Principal): number {
    const { lifetime } = this;
    const { clock, observer } = this.#context;
    const { adopt, method } = this.#options;
    if (lifetime.ended !== undefined || this.#endIfRevoked(principal)) {
      return 0;
    }
    const deadlineMs = this.#toDeadlineMs(principal);
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

  judgeAgain(): void {
    const { findCurrent, clock, toleranceSeconds } = this.#context;
    const { policy, adopt } = this.#options;
    const { principal, lifetime } = this;
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

  judgeAtOpening(): void {
    if (!this.#endIfRevoked(this.principal)) {
      this.judgeAgain();
    }
  }

  release(reason: unknown): void {
    const { registry, staleWatch, observer } = this.#context;
    this.lifetime.release(reason);
    const wasOpen = registry.remove(this);
    staleWatch.update();
    if (wasOpen && this.lifetime.ended === undefined) {
      observer.streamEnded?.({ method: this.#options.method, reason: "CLOSED", lateMs: undefined });
    }
  }

  #toDeadlineMs({ expiresAtSeconds }: Principal): number {
    return Math.min((expiresAtSeconds + this.#context.toleranceSeconds) * 1000, this.#latestEndMs);
  }

  #endIfRevoked(principal: Principal): boolean {
    const isRevoked = this.#context.revocations.isRevoked(principal);
    if (isRevoked) {
      this.lifetime.end(createRevokedError(principal));
    }
    return isRevoked;
  }
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
