import { attemptsLeft, blockedMs, MAX_TOTAL_MS, mayForce, withAttempt, withForced } from "./budget.ts";
import { isSameSession } from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import { attemptRefresh } from "./refresh-attempts.ts";
import type { SessionContext } from "./session-context.ts";
import type { Draft } from "./shared-entry.ts";
import type { RefreshIntent, SignedInEntry } from "./store.ts";
import { sleep } from "./waiting.ts";

/** What is to be done about a refresh. Nothing at all: others have done it, or the session is over. */
interface Step {
  /** Ask the server under this name. */
  readonly intent?: RefreshIntent;
  /** Write this down first. */
  readonly draft?: Draft;
  /** Do not ask for so long. */
  readonly waitMs?: number;
  /** Let another tab or process finish. */
  readonly isUnderWay?: boolean;
}

const OTHERS_POLL_MS = 250;

/**
 * Replace the access token: note the intent, ask the server, commit. What others did in the meantime is adopted
 * instead.
 *
 * @returns why there is no newer token; `undefined` when the holder knows of one, or that the session is over
 */
export async function refreshSession(
  context: SessionContext,
  held: Held,
  forced: boolean,
): Promise<SessionError | undefined> {
  let step: Step = {};
  const entry = await context.change((current) => {
    const isNewer = !isSameSession(current, held) || current.generation > held.generation;
    step = isNewer ? {} : nextStep(context, current, forced);
    return step.draft;
  });
  if (step.isUnderWay) {
    await sleep(context.clock, OTHERS_POLL_MS);
    return refreshSession(context, held, forced);
  }
  if (step.waitMs !== undefined) return unavailable(step.waitMs);
  if (step.intent === undefined || !isSameSession(entry, held)) return undefined;
  return attemptRefresh(context, entry, step.intent.refreshId);
}

function nextStep({ clock, source }: SessionContext, current: SignedInEntry, forced: boolean): Step {
  const { health, intent } = current;
  const nowMs = clock.nowMs();
  const waitMs = blockedMs(health, nowMs);
  if (waitMs > 0) return { waitMs };
  // Somebody has begun, and may have died since: the same request gets the same answer.
  if (intent !== undefined && source.repeatable) {
    if (attemptsLeft(current, nowMs) <= 0) return { isUnderWay: true };
    return { intent, draft: { ...current, intent: withAttempt(intent, nowMs) } };
  }
  // A server that gives no same answer twice: let the other finish, or be given up.
  if (intent !== undefined && Math.abs(nowMs - intent.startedAtMs) < MAX_TOTAL_MS)
    return { isUnderWay: true };
  if (forced && !mayForce(health, nowMs)) return { waitMs: 0 };
  // Whoever comes after a crash asks the same again.
  const next = { refreshId: current.nextRefreshId ?? randomId(), startedAtMs: nowMs, underWay: 1 };
  const noted = forced ? withForced(health, nowMs) : health;
  return { intent: next, draft: { ...current, intent: next, nextRefreshId: undefined, health: noted } };
}
