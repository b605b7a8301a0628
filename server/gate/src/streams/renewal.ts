import type { Actor, Principal } from "../authenticate/principal.ts";
import { assertAllowed } from "../authorize/decide.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Clock } from "../kernel/clock.ts";
import type { StreamLease, StreamRegistry } from "./stream-registry.ts";

/** What became of the streams that were named. */
export interface RenewalResult {
  /** Those that go on. */
  readonly renewed: readonly RenewedStream[];
  /** Those that ended, because the new principal may not call their method. */
  readonly ended: readonly string[];
  /** Those that are over, or whose method does not allow it. */
  readonly unknown: readonly string[];
  /** Those that are not open here. */
  readonly absent: readonly string[];
}

/** What became of streams that are not open here. */
export type RemoteRenewal = Omit<RenewalResult, "absent">;

/** A stream, and where it is open. */
export interface StreamRef {
  readonly streamId: string;
  /** The process that has it, by the response header `countersign-stream-owner` of the stream. Undefined: not known. */
  readonly owner?: string | undefined;
}

/** Who renews streams. */
export interface RenewalCaller {
  /** The principal of the token. */
  readonly principal: Principal;
  /** The token that the renewal was asked with. A server that verifies it itself needs it. */
  readonly accessToken: string;
}

/** The other servers, which may have the streams that are not open here. */
export interface OtherServers {
  /**
   * Renew streams on the other servers. Streams that are open on none of them are unknown, and so are those whose owner is
   * this process: no other server is asked for them.
   *
   * @throws AuthError `POLICY_DENIED` when a stream is another principal's, `RATE_LIMITED`, and `AUTH_UNAVAILABLE` when
   *   the others cannot be asked
   */
  renew(streams: readonly StreamRef[], by: RenewalCaller): Promise<RemoteRenewal>;
}

/** A stream that goes on. */
export interface RenewedStream {
  readonly streamId: string;
  /** For how many milliseconds. */
  readonly expiresInMs: number;
}

/** Who a renewal is for, and the time. */
export interface FreshPrincipal {
  /** The principal of the token that the renewal was asked with. */
  readonly principal: Principal;
  readonly clock: Clock;
}

/**
 * Give open streams a fresh principal.
 *
 * Every stream is checked before any is changed. A stream of another principal refuses the whole renewal; a stream
 * whose method the new token may not call ends.
 *
 * @param registry the open streams
 * @param streamIds which ones
 * @throws AuthError `POLICY_DENIED` when a stream is not the principal's own
 */
export function renewStreams(
  registry: StreamRegistry,
  streamIds: readonly string[],
  fresh: FreshPrincipal,
): RenewalResult {
  const absent: string[] = [];
  const leases: NamedLease[] = [];
  for (const streamId of new Set(streamIds)) {
    const lease = registry.find(streamId);
    if (lease === undefined) {
      absent.push(streamId);
    } else {
      leases.push({ streamId, lease });
    }
  }
  if (!leases.every(({ lease }) => isSameParty(lease.principal, fresh.principal))) {
    throw refuseStrangers();
  }
  const renewed: RenewedStream[] = [];
  const ended: string[] = [];
  const unknown: string[] = [];
  for (const { streamId, lease } of leases) {
    const expiresInMs = renew(lease, fresh);
    if (expiresInMs === undefined) {
      ended.push(streamId);
    } else if (expiresInMs <= 0) {
      unknown.push(streamId);
    } else {
      renewed.push({ streamId, expiresInMs });
    }
  }
  return { renewed, ended, unknown, absent };
}

/** Make the error of a renewal that names a stream of another principal. */
export function refuseStrangers(): AuthError {
  return new AuthError("POLICY_DENIED", "the stream runs for another subject, actor, session or client", {
    facts: { check: "renewal", expected: "the iss, sub, act, sid, client_id and cnf of the stream" },
  });
}

interface NamedLease {
  readonly streamId: string;
  readonly lease: StreamLease;
}

/** @returns for how many milliseconds it goes on, 0 if it was not to be renewed; undefined: it was ended for this */
function renew(lease: StreamLease, { principal, clock }: FreshPrincipal): number | undefined {
  if (!lease.policy.renewable) {
    return 0;
  }
  try {
    assertAllowed(lease.policy, principal, { clock, toleranceSeconds: lease.toleranceSeconds });
  } catch (error) {
    if (error instanceof AuthError) {
      lease.end(error);
      return undefined;
    }
    throw error;
  }
  return lease.renew(principal);
}

/** Check whether two tokens speak for the same party: everything that a renewal must not change. */
function isSameParty(a: Principal, b: Principal): boolean {
  return (
    a.issuer === b.issuer &&
    a.subject === b.subject &&
    isSameActor(a.actor, b.actor) &&
    // Without a subject, only a session tells one user of a client from another.
    (a.subject !== "" || a.sessionId !== undefined) &&
    a.sessionId === b.sessionId &&
    a.clientId === b.clientId &&
    a.binding?.kind === b.binding?.kind &&
    toThumbprint(a) === toThumbprint(b)
  );
}

/** Check whether the same party acts, for the same parties before it (RFC 8693 §4.1). */
function isSameActor(a: Actor | undefined, b: Actor | undefined): boolean {
  if (a === undefined || b === undefined) {
    return a === b;
  }
  return (
    a.subject === b.subject &&
    a.issuer === b.issuer &&
    a.clientId === b.clientId &&
    isSameActor(a.actor, b.actor)
  );
}

function toThumbprint({ binding }: Principal): string | undefined {
  return binding?.kind === "dpop" ? binding.jwkThumbprint : binding?.certificateThumbprint;
}
