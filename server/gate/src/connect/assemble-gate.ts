import { type Authenticator, createAuthenticator } from "../authenticate/authenticator.ts";
import { createSenderCheck } from "../binding/sender-check.ts";
import { createHostDeadlines } from "../kernel/own-deadlines.ts";
import { createStaleWatch } from "../streams/stale-watch.ts";
import type { StreamDrain } from "../streams/stream-drain.ts";
import { createAnonymousStreams } from "./anonymous-streams.ts";
import type { Audiences } from "./audiences.ts";
import type { Authentication } from "./explain/explain.ts";
import { createGate, type Gate, type GateOptions } from "./gate.ts";
import { withRemoved } from "./live-issuers.ts";
import { createLookAgain } from "./look-again.ts";
import type { ResolvedAuthOptions } from "./resolve-auth-options.ts";
import { createImplementationGuard, type ImplementationGuardOptions } from "./route/implementation-guard.ts";
import { createSentHeaders } from "./sent-headers.ts";

/** What the authenticator of a server goes by. */
export function authenticationOf(resolved: ResolvedAuthOptions, { issuers }: Audiences): Authentication {
  return {
    issuers,
    revocations: resolved.revocations,
    toleranceSeconds: resolved.clockToleranceSeconds,
    keyTimeoutMs: resolved.gateTimeoutMs,
    maxTokenBytes: resolved.maxTokenBytes,
  };
}

/** Create the authenticator of a server. */
export function createAuthenticatorOf(
  { clock, tokenFailureLimit, failedChecksPerSecond, verdictCacheEntries }: ResolvedAuthOptions,
  { issuers, revocations, toleranceSeconds, keyTimeoutMs, maxTokenBytes }: Authentication,
): Authenticator {
  return createAuthenticator({
    issuers,
    revocations,
    toleranceSeconds,
    keyTimeoutMs,
    maxTokenBytes,
    clock,
    tokenFailureLimit,
    failedChecksPerSecond,
    cacheEntries: verdictCacheEntries,
    acceptsBoundTokens: true, // the gate asserts the sender
  });
}

type GateParts = Pick<
  GateOptions,
  "policies" | "audiences" | "authenticator" | "findChallengeHints" | "readToken"
>;

/** Create the gate of a server. */
export function createGateOf(
  resolved: ResolvedAuthOptions,
  { policies, audiences, authenticator, findChallengeHints, readToken }: GateParts,
): Gate {
  const { clock, observer, enforcement, certificates, forwardToken, onError } = resolved;
  return createGate({
    policies,
    audiences,
    authenticator,
    readToken,
    assertSender: createSenderCheck(resolved.proofs, clock),
    clock,
    toleranceSeconds: resolved.clockToleranceSeconds,
    observer,
    enforcement,
    forwardToken,
    certificateHeader: certificates.header,
    onError,
    findChallengeHints,
  });
}

type GuardParts = Pick<ImplementationGuardOptions, "policies" | "gate" | "findChallengeHints"> & {
  readonly audiences: Audiences;
  readonly authenticator: Authenticator;
  readonly drain: StreamDrain;
};

/** Create what guards the implementations of a server. */
export function createGuardOf(
  resolved: ResolvedAuthOptions,
  { policies, gate, findChallengeHints, audiences, authenticator, drain }: GuardParts,
) {
  const { observer, enforcement, onError, clock, clockToleranceSeconds: toleranceSeconds } = resolved;
  const revocations = withRemoved(resolved.revocations, audiences.issuers);
  const { findCurrent } = authenticator;
  const leases = {
    registry: resolved.streams,
    revocations,
    findCurrent,
    staleWatch: createStaleWatch({ registry: resolved.streams, revocations, clock }),
    clock,
    observer,
    onError,
    toleranceSeconds,
    deadlines: createHostDeadlines(clock),
  };
  const anonymous = createAnonymousStreams(resolved.anonymousStreams);
  return createImplementationGuard({
    gate,
    tokenHeader: resolved.tokenHeader,
    policies,
    observer,
    enforcement,
    onError,
    findChallengeHints,
    clock,
    decider: resolved.decider,
    lookAgain: createLookAgain({ revocations, findCurrent, clock, toleranceSeconds }),
    streams: { leases, anonymous, drain, sentHeadersOf: createSentHeaders(resolved) },
    messageLimits: resolved.messages.limits,
  });
}
