import { attemptsLeft, blockedMs, withFailedAttempt, withFailure, withoutAttempt } from "./budget.ts";
import {
  type Arrival,
  endEntry,
  isFor,
  isInForce,
  isSameSession,
  successorEntry,
  whileInForce,
} from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import type { Failure } from "./failure.ts";
import { revoke } from "./revoke.ts";
import type { SessionContext } from "./session-context.ts";
import type { SignedInEntry } from "./store.ts";

/** Put new tokens in force, or throw them away when the session has moved on without them. */
export async function commit(
  context: SessionContext,
  entry: SignedInEntry,
  arrival: Arrival,
): Promise<undefined> {
  const isOurs = isFor(arrival, entry);
  const follow = whileInForce(entry, (current) =>
    isOurs ? successorEntry(current, arrival) : endEntry(current, "revoked"),
  );
  const inForce = await context.change(follow);
  // Signed out, or somebody else signed in meanwhile: these tokens must not outlive it.
  if (isOurs && !isSameSession(inForce, entry)) void revoke(context, arrival.accessToken);
}

/** What follows a failed attempt. Nothing at all: the session has moved on. */
export interface Outcome {
  /** Whether another attempt is to be made. */
  readonly goesOn?: boolean;
  /** Why there is no newer token, if the session is what it was. */
  readonly error?: SessionError;
}

/** End the session, or keep it and leave the server alone for a while, in all tabs: until the next attempt if it is to be made. */
export async function noteFailure(
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
    goesOn = !isLast && attemptsLeft(current, nowMs) > 0;
    // What a server may not be asked twice is over, whatever came of it.
    const intent = source.repeatable || goesOn ? withoutAttempt(current.intent) : undefined;
    const note = goesOn ? withFailedAttempt : withFailure;
    return { ...current, intent, health: note(current.health, nowMs, retryAfterMs) };
  });
  const inForce = await change(follow);
  if (!isInForce(inForce, entry)) return {};
  if (goesOn) return { goesOn };
  holder.note({ refreshError: error });
  return { error: unavailable(blockedMs(inForce.health, nowMs), error) };
}
