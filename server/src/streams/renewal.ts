import type { Principal } from "../authenticate/principal.ts";
import { assertAllowed } from "../authorize/decide.ts";
import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { StreamLease, StreamRegistry } from "./stream-registry.ts";

/** What became of the streams that were named. */
export interface RenewalResult {
  /** Those that go on, and for how many milliseconds. */
  readonly renewed: readonly { readonly streamId: string; readonly expiresInMs: number }[];
  /** Those that are not open here, or whose method does not allow it. */
  readonly unknown: readonly string[];
}

/**
 * Give open streams a fresh principal.
 *
 * Every stream is checked before any is changed. A stream of somebody else refuses the whole renewal; a stream
 * whose method the new token may not call ends.
 *
 * @param registry the open streams
 * @param streamIds which ones
 * @param fresh the principal of the token that the renewal was asked with, and the time
 * @throws AuthError `POLICY_DENIED` when a stream is not the principal's own
 */
export function renewStreams(
  registry: StreamRegistry,
  streamIds: readonly string[],
  fresh: { readonly principal: Principal; readonly clock: Clock },
): RenewalResult {
  const ids = [...new Set(streamIds)];
  const leases = ids.map((id) => registry.find(id)).filter((lease) => lease !== undefined);
  for (const lease of leases) {
    if (!isSameParty(lease.principal, fresh.principal)) {
      throw new AuthError("POLICY_DENIED", "the stream runs for another subject, session or client");
    }
  }
  const renewable = leases.filter(({ policy }) => policy.renewable);
  const known = new Set(renewable.map(({ streamId }) => streamId));
  const renewed = renewable.flatMap((lease) => renew(lease, fresh.principal, fresh.clock));
  return { renewed, unknown: ids.filter((id) => !known.has(id)) };
}

function renew(lease: StreamLease, principal: Principal, clock: Clock): RenewalResult["renewed"] {
  try {
    assertAllowed(lease.policy, principal, clock);
  } catch (error) {
    if (error instanceof AuthError) {
      lease.end(error);
      return [];
    }
    throw error;
  }
  const expiresInMs = lease.renew(principal);
  return lease.streamId === undefined || expiresInMs <= 0 ? [] : [{ streamId: lease.streamId, expiresInMs }];
}

/** Say whether two tokens speak for the same party: everything that a renewal must not change. */
function isSameParty(a: Principal, b: Principal): boolean {
  return (
    a.issuer === b.issuer &&
    a.subject === b.subject &&
    a.sessionId === b.sessionId &&
    a.clientId === b.clientId &&
    a.binding?.kind === b.binding?.kind &&
    toThumbprint(a) === toThumbprint(b)
  );
}

function toThumbprint({ binding }: Principal): string | undefined {
  return binding?.kind === "dpop" ? binding.jwkThumbprint : binding?.certificateThumbprint;
}
