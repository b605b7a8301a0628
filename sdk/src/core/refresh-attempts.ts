import { backoffMs, RETRY } from "./backoff.ts";
import { attemptsLeft, blockedMs, withFailure } from "./budget.ts";
import {
  type Arrival,
  askForTokens,
  endEntry,
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

/** How long all attempts of one refresh may take. */
export const MAX_TOTAL_MS = 20_000;

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
  const { clock, source } = context;
  const { repeatable, resendGraceMs = 0 } = source;
  const startedMs = clock.monotonicMs();
  const wanted = entry.health.failures > 0 ? 1 : repeatable ? MAX_ATTEMPTS : 2;
  const maxAttempts = Math.min(wanted, attemptsLeft(entry.health, clock.nowMs()));
  const limitMs = repeatable ? MAX_TOTAL_MS : Math.min(resendGraceMs, MAX_TOTAL_MS);
  const refreshToken = entry.refreshToken?.reveal();
  for (let attempts = 1; ; attempts += 1) {
    const leftMs = MAX_TOTAL_MS - (clock.monotonicMs() - startedMs);
    const refresh = (signal: AbortSignal) => source.refresh({ refreshToken, refreshId, signal });
    try {
      const timeoutMs = Math.min(ATTEMPT_TIMEOUT_MS, leftMs);
      const arrival = await askForTokens(clock, () => withTimeout(clock, refresh, timeoutMs));
      return await commit(context, entry, arrival);
    } catch (error) {
      const failure = classifyFailure(error);
      const delayMs = Math.max(backoffMs(RETRY, attempts) * Math.random(), failure.retryAfterMs ?? 0);
      const isOver = clock.monotonicMs() - startedMs + delayMs >= limitMs;
      if (isOver || failure.kind !== "transient" || attempts >= maxAttempts)
        return giveUp(context, entry, { ...failure, attempts });
      await sleep(clock, delayMs);
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
  context.holder.setDegraded("refresh", undefined);
  // Signed out, or somebody else signed in meanwhile: these tokens must not outlive it.
  if (isOurs && !isSameSession(inForce, entry)) void revoke(context, arrival.accessToken);
}

/** End the session, or keep it and leave the server alone for a while, in all tabs. */
async function giveUp(
  { clock, source, holder, change }: SessionContext,
  entry: SignedInEntry,
  failure: Failure & { readonly attempts: number },
): Promise<SessionError | undefined> {
  const { kind, error } = failure;
  const nowMs = clock.nowMs();
  const follow = whileInForce(entry, (current) => {
    if (kind === "final") return endEntry(current, finalReason(failure, entry, nowMs));
    // What a server may not be asked twice is over, whatever came of it.
    const intent = source.repeatable ? current.intent : undefined;
    return { ...current, intent, health: withFailure(current.health, nowMs, failure) };
  });
  const inForce = await change(follow);
  if (!isSameSession(inForce, entry) || inForce.generation > entry.generation) return undefined;
  holder.setDegraded("refresh", error);
  return unavailable(blockedMs(inForce.health, nowMs), error);
}

function finalReason({ reason }: Failure, { refreshExpiresAtMs }: SignedInEntry, nowMs: number) {
  return reason === "revoked" && nowMs >= (refreshExpiresAtMs ?? nowMs + 1) ? "expired" : reason;
}
