import { backoffMs, RETRY } from "./backoff.ts";
import {
  attemptsLeft,
  blockedMs,
  MAX_TOTAL_MS,
  withFailedAttempt,
  withFailure,
  withoutAttempt,
} from "./budget.ts";
import {
  type Arrival,
  askForTokens,
  endEntry,
  isInForce,
  isSameSession,
  successorEntry,
  whileInForce,
} from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import { classifyFailure, type Failure } from "./failure.ts";
import { revoke } from "./revoke.ts";
import type { SessionContext } from "./session-context.ts";
import type { SignedInEntry } from "./store.ts";
import { ATTEMPT_TIMEOUT_MS, sleep, withTimeout } from "./waiting.ts";

const MAX_ATTEMPTS = 3;

/**
 * Ask for the next tokens, and draw the consequence.
 *
 * Up to three times and 20 s when the server answers a repeated request alike, and once after a refresh that
 * failed. With any other server once, and a second time only within the grace that its source declares.
 *
 * @returns why there is no newer token; `undefined` when the holder knows of one, or that the session is over
 */
export async function attemptRefresh(
  context: SessionContext,
  entry: SignedInEntry,
  refreshId: string,
): Promise<SessionError | undefined> {
  const { clock, source, change } = context;
  const { repeatable, resendGraceMs = 0 } = source;
  const startedMs = clock.monotonicMs();
  const maxAttempts = entry.health.failures > 0 ? 1 : repeatable ? MAX_ATTEMPTS : 2;
  const limitMs = repeatable ? MAX_TOTAL_MS : Math.min(resendGraceMs, MAX_TOTAL_MS);
  const refreshToken = entry.refreshToken?.reveal();
  // Of a refresh that is repeated long after, the token may be over, but not that of the next one as well.
  const minLifetimeMs = entry.lifetimeMs > 0 ? 0 : undefined;
  for (let attempts = 1; ; attempts += 1) {
    const leftMs = MAX_TOTAL_MS - (clock.monotonicMs() - startedMs);
    const refresh = (signal: AbortSignal) => source.refresh({ refreshToken, refreshId, signal });
    try {
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, leftMs);
      const arrival = await askForTokens(clock, () => withTimeout(clock, refresh, timeoutMs), minLifetimeMs);
      return await commit(context, entry, arrival);
    } catch (cause) {
      const failure = classifyFailure(cause);
      const delayMs = Math.max(backoffMs(RETRY, attempts) * Math.random(), failure.retryAfterMs ?? 0);
      const isInTime = clock.monotonicMs() - startedMs + delayMs < limitMs;
      const wantsMore = isInTime && failure.kind === "transient" && attempts < maxAttempts;
      const outcome = await noteFailure(context, entry, {
        ...failure,
        delayMs: wantsMore ? delayMs : undefined,
      });
      if (!outcome.goesOn) return outcome.error;
      await sleep(clock, delayMs);
      // Others may have had more luck.
      if (!isInForce(await change(), entry)) return undefined;
    }
  }
}

/** Put new tokens in force, or throw them away when the session has moved on without them. */
async function commit(context: SessionContext, entry: SignedInEntry, arrival: Arrival): Promise<undefined> {
  // A cookie may have changed hands: tokens of another session are not this one's.
  const isOurs = arrival.sessionId === undefined || arrival.sessionId === entry.sessionId;
  const follow = whileInForce(entry, (current) =>
    isOurs ? successorEntry(current, arrival) : endEntry(current, "revoked"),
  );
  const inForce = await context.change(follow);
  // Signed out, or somebody else signed in meanwhile: these tokens must not outlive it.
  if (isOurs && !isSameSession(inForce, entry)) void revoke(context, arrival.accessToken);
}

interface Outcome {
  readonly goesOn?: boolean;
  /** Why there is no newer token, if the session is what it was. */
  readonly error?: SessionError;
}

/** End the session, or keep it and leave the server alone for a while, in all tabs: until the next attempt if it is to be made. */
async function noteFailure(
  { clock, source, holder, change }: SessionContext,
  entry: SignedInEntry,
  failure: Failure & { readonly delayMs: number | undefined },
): Promise<Outcome> {
  const { kind, error, retryAfterMs, delayMs } = failure;
  const nowMs = clock.nowMs();
  let goesOn = false;
  const follow = whileInForce(entry, (current) => {
    if (kind === "final") return endEntry(current, finalReason(failure, entry, nowMs));
    const { health, intent } = current;
    goesOn = delayMs !== undefined && attemptsLeft(current, nowMs) > 0;
    if (goesOn) return { ...current, health: withFailedAttempt(health, nowMs, retryAfterMs) };
    // What a server may not be asked twice is over, whatever came of it.
    const left = source.repeatable && intent ? withoutAttempt(intent) : undefined;
    return { ...current, intent: left, health: withFailure(health, nowMs, retryAfterMs) };
  });
  const inForce = await change(follow);
  if (!isInForce(inForce, entry)) return {};
  if (goesOn) return { goesOn };
  holder.setDegraded("refresh", error);
  return { error: unavailable(blockedMs(inForce.health, nowMs), error) };
}

function finalReason({ reason }: Failure, { refreshExpiresAtMs }: SignedInEntry, nowMs: number) {
  return reason === "revoked" && nowMs >= (refreshExpiresAtMs ?? nowMs + 1) ? "expired" : reason;
}
