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
  askForSuccessor,
  endEntry,
  isFor,
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
import { ATTEMPT_TIMEOUT_MS, sleep } from "./waiting.ts";

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
  const endMs = clock.monotonicMs() + MAX_TOTAL_MS;
  const lastResendMs = repeatable ? endMs : Math.min(endMs, endMs - MAX_TOTAL_MS + resendGraceMs);
  const maxAttempts = entry.health.failures > 0 ? 1 : repeatable ? MAX_ATTEMPTS : 2;
  for (let attempts = 1; ; attempts += 1) {
    try {
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, endMs - clock.monotonicMs());
      return await commit(context, entry, await askForSuccessor(context, entry, refreshId, timeoutMs));
    } catch (cause) {
      const failure = classifyFailure(cause);
      const delayMs = Math.max(backoffMs(RETRY, attempts) * Math.random(), failure.retryAfterMs ?? 0);
      const isTooLate = clock.monotonicMs() + delayMs >= lastResendMs;
      const isLast = isTooLate || failure.kind !== "transient" || attempts >= maxAttempts;
      const outcome = await noteFailure(context, entry, { ...failure, isLast });
      if (!outcome.goesOn) return outcome.error;
      await sleep(clock, delayMs);
      // Others may have had more luck.
      if (!isInForce(await change(), entry)) return undefined;
    }
  }
}

/** Put new tokens in force, or throw them away when the session has moved on without them. */
async function commit(context: SessionContext, entry: SignedInEntry, arrival: Arrival): Promise<undefined> {
  const isOurs = isFor(arrival, entry);
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
  failure: Failure & { readonly isLast: boolean },
): Promise<Outcome> {
  const { kind, reason, error, retryAfterMs, isLast } = failure;
  const nowMs = clock.nowMs();
  const isPast = nowMs >= (entry.refreshExpiresAtMs ?? nowMs + 1);
  let goesOn = false;
  const follow = whileInForce(entry, (current) => {
    if (kind === "final") return endEntry(current, reason === "revoked" && isPast ? "expired" : reason);
    const { health, intent } = current;
    goesOn = !isLast && attemptsLeft(current, nowMs) > 0;
    if (goesOn) return { ...current, health: withFailedAttempt(health, nowMs, retryAfterMs) };
    // What a server may not be asked twice is over, whatever came of it.
    const left = source.repeatable && intent ? withoutAttempt(intent) : undefined;
    return { ...current, intent: left, health: withFailure(health, nowMs, retryAfterMs) };
  });
  const inForce = await change(follow);
  if (!isInForce(inForce, entry)) return {};
  if (goesOn) return { goesOn };
  holder.note({ refreshError: error });
  return { error: unavailable(blockedMs(inForce.health, nowMs), error) };
}
