import { DEFAULT_LIMITS, resolveLimits } from "@countersign/server/internal";

/** What serving the feed may take. */
export interface SignalLimits {
  /** How many servers may watch at a time. Default 5,000: each takes about 40 KiB, of which its connection is half. */
  readonly maxWatchers: number;
  /** How many of them are sent everything that is revoked at a time; others wait. Default 16. */
  readonly maxSnapshots: number;
  /** How many revocations are remembered for those that come back after a break. Default 20,000. */
  readonly maxHistory: number;
  /** How many renewals of one client's streams may wait for their server at a time. Default 1,000. */
  readonly maxWaitingRenewals: number;
  /** How long a renewal waits for the server that has the streams, in milliseconds. Default 1 s. */
  readonly renewalTimeoutMs: number;
}

/**
 * Resolve option `signals` of `createIssuer`.
 *
 * @returns undefined: no feed is served
 * @throws TypeError when a limit is not a positive whole number, or there is none of that name
 */
export function resolveSignals(given: Partial<SignalLimits> | false = {}): SignalLimits | undefined {
  return given === false ? undefined : resolveLimits<SignalLimits>("signals", DEFAULT_LIMITS.signals, given);
}
