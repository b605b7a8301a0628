import { attemptsLeft, blockedMs, withFailedAttempt, withFailure, withoutAttempt } from "./budget.ts";
import { type Arrival, endEntry, isFor, isInForce, isSameSession, successorEntry } from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import type { Failure } from "./failure.ts";
import { revoke } from "./revoke.ts";
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
  const next = (current: SignedInEntry): Draft =>
    isOurs ? successorEntry(current, arrival) : endEntry(current, "revoked");
  const { entry: inForce } = await context.change((current) => ({
    draft: isInForce(current, entry) ? next(current) : undefined,
    value: undefined,
  }));
  // The user has signed out, or another one has signed in meanwhile: these tokens must not outlive the session.
  if (isOurs && !isSameSession(inForce, entry)) void revoke(context, arrival.accessToken);
}

/** What a failed attempt leads to. */
export type Outcome =
  /** Another tab has refreshed the session, or it has ended. */
  | { readonly kind: "over" }
  /** Another attempt is to be made. */
  | { readonly kind: "retry" }
  /** The session is what it was, without a newer token. */
  | { readonly kind: "failed"; readonly error: SessionError };

/** End the session, or keep it and leave the server alone for a while, in all tabs: until the next attempt if it is to be made. */
export async function noteFailure(
  { clock, source, holder, change }: SessionContext,
  entry: SignedInEntry,
  failure: Failure & { readonly isLast: boolean },
): Promise<Outcome> {
  const { kind, reason, error, retryAfterMs, isLast } = failure;
  const nowMs = clock.nowMs();
  const isPast = nowMs >= (entry.refreshExpiresAtMs ?? nowMs + 1);
  const { value } = await change((current): Change<Outcome> => {
    if (!isInForce(current, entry)) return { value: { kind: "over" } };
    if (kind === "final") {
      const draft = endEntry(current, reason === "revoked" && isPast ? "expired" : reason);
      return { draft, value: { kind: "over" } };
    }
    const goesOn = !isLast && attemptsLeft(current, nowMs) > 0;
    // What a server may not be asked twice is over, whatever came of it.
    const intent = source.repeatable || goesOn ? withoutAttempt(current.intent) : undefined;
    const health = (goesOn ? withFailedAttempt : withFailure)(current.health, nowMs, retryAfterMs);
    const failed = { kind: "failed", error: unavailable(blockedMs(health, nowMs), error) } as const;
    return { draft: { ...current, intent, health }, value: goesOn ? { kind: "retry" } : failed };
  });
  if (value.kind === "failed") holder.note({ refreshError: error });
  return value;
}
