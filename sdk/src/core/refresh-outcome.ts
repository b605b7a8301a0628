import type { AttemptsResult } from "./attempts.ts";
import { blockedMs, withFailure } from "./budget.ts";
import { changeEntry } from "./change.ts";
import { endEntry, isSameSession, successorEntry } from "./entries.ts";
import type { Failure } from "./failure.ts";
import { randomId } from "./random.ts";
import type { RefreshContext, RefreshOutcome } from "./refresh-context.ts";
import type { SignedInEntry, SignedOutReason } from "./store.ts";
import { ATTEMPT_TIMEOUT_MS, withTimeout } from "./timeout.ts";

/** The holder knows what is in force now. */
export const DONE: RefreshOutcome = { kind: "done" };

type Granted = Extract<AttemptsResult, { kind: "granted" }>;

/** Put new tokens in force, or throw them away when the session has moved on without them. */
export async function commit(
  context: RefreshContext,
  entry: SignedInEntry,
  { grant, began }: Granted,
): Promise<RefreshOutcome> {
  const { store, holder, peers } = context;
  // A cookie may have changed hands: tokens of another session are not this one's.
  if (grant.sessionId !== undefined && grant.sessionId !== entry.sessionId)
    return end(context, entry, "revoked");
  const result = await changeEntry(store, entry, (base) => successorEntry(base, grant, began.wallMs));
  if (result.kind === "committed") {
    holder.adopt(result.entry, began);
    holder.setDegraded("refresh", undefined);
    const { sessionId, generation } = entry;
    peers.publish({ type: "refreshed", sessionId, generation: generation + 1 });
    return DONE;
  }
  holder.adopt(result.current);
  // Signed out, or somebody else signed in meanwhile: these tokens must not outlive it.
  if (!isSameSession(result.current, entry)) void revokeQuietly(context, grant.accessToken);
  return DONE;
}

/** End the session, unless somebody else has newer tokens for it. */
async function end(
  context: RefreshContext,
  entry: SignedInEntry,
  reason: SignedOutReason,
): Promise<RefreshOutcome> {
  const { store, holder, peers } = context;
  const result = await changeEntry(store, entry, (base) => endEntry(base, reason));
  holder.adopt(result.kind === "committed" ? result.entry : result.current);
  if (result.kind === "committed") {
    peers.publish({ type: "signed_out", sessionId: entry.sessionId, generation: entry.generation });
  }
  return DONE;
}

interface Paused {
  readonly failure: Exclude<Failure, { kind: "final" }>;
  readonly attempts: number;
}

type Failed = Extract<AttemptsResult, { kind: "failed" }>;

/** Draw the consequence of a refresh that failed: end the session, or keep it and pause. */
export function giveUp(
  context: RefreshContext,
  entry: SignedInEntry,
  { failure, attempts }: Failed,
): Promise<RefreshOutcome> {
  if (failure.kind === "final") return end(context, entry, finalReason(context, entry, failure));
  return pause(context, entry, { failure, attempts });
}

/** Keep the session and leave the server alone for a while, in all tabs. */
async function pause(context: RefreshContext, entry: SignedInEntry, paused: Paused): Promise<RefreshOutcome> {
  const { clock, store, holder, source } = context;
  const { failure, attempts } = paused;
  const retryAfterMs = failure.kind === "transient" ? failure.retryAfterMs : undefined;
  const nowMs = clock.nowMs();
  const result = await changeEntry(store, entry, (base) => ({
    ...base,
    revision: randomId(),
    // What a server may not be asked twice is over, whatever came of it.
    intent: source.repeatable ? base.intent : undefined,
    health: withFailure(base.health, nowMs, { attempts, retryAfterMs }),
  }));
  holder.adopt(result.kind === "committed" ? result.entry : result.current);
  if (result.kind === "conflict") return DONE;
  holder.setDegraded("refresh", failure.error);
  return { kind: "unavailable", retryAfterMs: blockedMs(result.entry.health, nowMs), error: failure.error };
}

function finalReason(
  { clock }: RefreshContext,
  entry: SignedInEntry,
  failure: Extract<Failure, { kind: "final" }>,
): SignedOutReason {
  const { refreshExpiresAtMs } = entry;
  const isOver = refreshExpiresAtMs !== undefined && clock.nowMs() >= refreshExpiresAtMs;
  return failure.reason === "revoked" && isOver ? "expired" : failure.reason;
}

async function revokeQuietly({ clock, source }: RefreshContext, accessToken: string): Promise<void> {
  try {
    await withTimeout(clock, ATTEMPT_TIMEOUT_MS, (signal) => source.revoke(accessToken, signal));
  } catch {
    // Nobody waits for this; the tokens were never used and end by themselves.
  }
}
