import { createAuthenticator } from "../authenticate/authenticator.ts";
import { assertStillGood } from "../authenticate/still-good.ts";
import { createClockJumps } from "../streams/clock-jumps.ts";
import { createAnonymousStreams } from "./anonymous-streams.ts";
import type { Audiences } from "./audiences.ts";
import type { Authentication } from "./explain/explain.ts";
import { createGate, type Gate, type GateOptions } from "./gate.ts";
import type { ResolvedAuthOptions } from "./resolve-auth-options.ts";
import { createImplementationGuard, type ImplementationGuardOptions } from "./route/implementation-guard.ts";

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

type GateParts = Pick<GateOptions, "policies" | "audiences" | "findChallengeHints" | "readToken">;

/** Create the gate of a server. */
export function createGateOf(
  resolved: ResolvedAuthOptions,
  authentication: Authentication,
  { policies, audiences, findChallengeHints, readToken }: GateParts,
): Gate {
  const { clock, tokenFailureLimit, observer, enforcement, forwardToken, onError } = resolved;
  const { issuers, revocations, toleranceSeconds, keyTimeoutMs, maxTokenBytes } = authentication;
  const authenticator = createAuthenticator({
    issuers,
    revocations,
    toleranceSeconds,
    keyTimeoutMs,
    maxTokenBytes,
    clock,
    tokenFailureLimit,
    cacheEntries: resolved.verdictCacheEntries,
  });
  return createGate({
    policies,
    audiences,
    authenticator,
    readToken,
    tokenFailureLimit,
    clock,
    observer,
    enforcement,
    forwardToken,
    onError,
    findChallengeHints,
  });
}

/** Create what guards the implementations of a server. */
export function createGuardOf(
  resolved: ResolvedAuthOptions,
  {
    policies,
    gate,
    findChallengeHints,
  }: Pick<ImplementationGuardOptions, "policies" | "gate" | "findChallengeHints">,
) {
  const { observer, enforcement, onError, revocations, clock, clockToleranceSeconds } = resolved;
  const leases = {
    registry: resolved.streams,
    revocations,
    clock,
    observer,
    onError,
    toleranceSeconds: clockToleranceSeconds,
    clockJumps: createClockJumps(clock),
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
    assertStillGood(principal) {
      const times = { expiresAtSeconds: principal.expiresAtSeconds, notBeforeSeconds: 0 };
      assertStillGood(principal, times, { revocations, clock, toleranceSeconds: clockToleranceSeconds });
    },
    streams: { leases, anonymous },
  });
}
