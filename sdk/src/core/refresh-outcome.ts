import { attemptsLeft, blockedMs, withFailedAttempt, withFailure, withoutAttempt } from "./budget.ts";
import { type Arrival, endEntry, isFor, isInForce, isSameSession, successorEntry } from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import type { Failure } from "./failure.ts";
import { revoke, signOutResult } from "./revoke.ts";
import type { SessionContext } from "./session-context.ts";
import type { Change, Draft } from "./shared-entry.ts";
import type { SignedInEntry } from "./store.ts";

/** Put new tokens in force, or throw them away when the session has moved on without them. */
export async function commit(
  context: SessionContext,
  entry: SignedInEntry,
  arrival: Arrival,
): Promise<undefined> {
  const isOurs = isFor(arrival, entry);
  const follow = (current: SignedInEntry): Draft =>
    isOurs ? successorEntry(current, arrival) : endEntry(current, "revoked");
  const isAlive = await context.change((current) => ({
    draft: isInForce(current, entry) ? follow(current) : undefined,
    value: isSameSession(current, entry),
  }));
  // The user has signed out, or another one has signed in meanwhile: these tokens end with the session.
  if (isOurs && !isAlive) {
    void signOutResult(
      revoke(context, {
        ...arrival,
        idToken: arrival.idToken ?? entry.idToken,
        proofKey: arrival.proofKey ?? entry.proofKey,
      }),
    );
  }
}

/** What a failed attempt leads to. Nothing: another tab has refreshed the session, or it has ended. */
export interface Outcome {
  /** Go on after a while: with another attempt, unless another tab or process has refreshed the session by then. */
  readonly delayMs?: number | undefined;
  /** Give up: the session is what it was, without a newer token. */
  readonly error?: SessionError;
}

/** A failed attempt. */
interface FailedAttempt extends Failure {
  /** After how long another one may be made; absent when it was the last. */
  readonly delayMs: number | undefined;
}

/** End the session, or keep it and leave the server alone for a while in all tabs: until the next attempt, if any. */
export async function noteFailure(
  { clock, source, holder, change }: SessionContext,
  entry: SignedInEntry,
  failure: FailedAttempt,
): Promise<Outcome | undefined> {
  const { kind, reason, error, retryAfterMs, delayMs } = failure;
  const nowMs = clock.nowMs();
  const isPast = nowMs >= (entry.refreshExpiresAtMs ?? Infinity);
  const outcome = await change((current): Change<Outcome> => {
    if (!isInForce(current, entry)) {
      return {};
    }
    if (kind === "final") {
      return { draft: endEntry(current, reason === "revoked" && isPast ? "expired" : reason) };
    }
    const goesOn = delayMs !== undefined && attemptsLeft(current, nowMs) > 0;
    // What a server may not be asked twice is over, whatever came of it.
    const intent = source.repeatable || goesOn ? withoutAttempt(current.intent) : undefined;
    const health = (goesOn ? withFailedAttempt : withFailure)(current.health, nowMs, retryAfterMs);
    const draft = { ...current, intent, health };
    return { draft, value: goesOn ? { delayMs } : { error: unavailable(blockedMs(health, nowMs), error) } };
  });
  if (outcome?.error) {
    holder.note({ refreshError: error });
  }
  return outcome;
}
