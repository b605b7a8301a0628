import { retryMs } from "./backoff.ts";
import { attemptsLeft, blockedMs, MAX_TOTAL_MS, msUntilForce, withAttempt, withForced } from "./budget.ts";
import { askForSuccessor, isSameSession } from "./entries.ts";
import { type SessionError, unavailable } from "./errors.ts";
import { classifyFailure } from "./failure.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import { commit, noteFailure, type Outcome } from "./refresh-outcome.ts";
import type { SessionContext } from "./session-context.ts";
import type { Change } from "./shared-entry.ts";
import type { SignedInEntry } from "./store.ts";
import type { ProofKey } from "./token-binding.ts";
import { ATTEMPT_TIMEOUT_MS, sleep } from "./waiting.ts";

/** What is to be done about a refresh. */
interface Step extends Outcome {
  /** The entry whose successor the server is asked for, with the attempt noted in it. */
  readonly entry?: SignedInEntry;
}

/** A refresh as far as it has come. */
interface Refresh {
  readonly forced: boolean;
  readonly attempts: number;
  /** For a session that has none. */
  readonly proofKey: ProofKey | undefined;
}

/**
 * Replace the access token: note the intent, ask the server, commit. What others did in the meantime is adopted
 * instead.
 *
 * Asks up to three times and 20 s when the server answers a repeated request alike, and once after a refresh that
 * failed. Any other server is asked once, and a second time only within the grace that its source declares.
 *
 * @param forced whether a server has refused the token
 * @returns why there is no newer token; `undefined` when the holder knows of one, or that the session is over
 */
export async function refreshSession(
  context: SessionContext,
  held: Held,
  forced: boolean,
): Promise<SessionError | undefined> {
  const { clock, source, change, binding } = context;
  // Before the first attempt, and stored with it: a session that was bound to no key is from then on.
  const proofKey = binding && (await binding.proverOf(held).key());
  const { repeatable, resendGraceMs = 0 } = source;
  const limitMs = repeatable ? MAX_TOTAL_MS : Math.min(resendGraceMs, MAX_TOTAL_MS);
  let startedMs: number | undefined;
  for (let attempts = 0; ; ) {
    let step = await change((current): Change<Step> => {
      const isOver = !isSameSession(current, held) || current.generation > held.generation;
      return isOver ? {} : nextStep(context, current, { forced, attempts, proofKey });
    });
    const entry = step?.entry;
    if (entry) {
      startedMs ??= clock.monotonicMs();
      attempts += 1;
      try {
        const leftMs = startedMs + MAX_TOTAL_MS - clock.monotonicMs();
        // The timers of a page out of sight may be minutes late: the attempt that they delayed gets its time anyway.
        const timeoutMs = leftMs > 0 ? Math.min(ATTEMPT_TIMEOUT_MS, leftMs) : ATTEMPT_TIMEOUT_MS;
        return await commit(context, entry, await askForSuccessor(context, entry, timeoutMs));
      } catch (cause) {
        const failure = classifyFailure(cause);
        const delayMs = Math.max(retryMs(attempts) * Math.random(), failure.retryAfterMs ?? 0);
        const isTooLate = clock.monotonicMs() - startedMs + delayMs >= limitMs;
        const maxAttempts = entry.health.failures > 0 ? 1 : repeatable ? 3 : 2;
        const isLast = isTooLate || failure.kind !== "transient" || attempts >= maxAttempts;
        step = await noteFailure(context, entry, { ...failure, delayMs: isLast ? undefined : delayMs });
      }
    }
    if (step?.delayMs === undefined) {
      return step?.error;
    }
    await sleep(clock, step.delayMs);
  }
}

function nextStep(
  { clock, source }: SessionContext,
  current: SignedInEntry,
  { forced, attempts, proofKey }: Refresh,
): Change<Step> {
  const { health, intent } = current;
  const nowMs = clock.nowMs();
  const waitMs = attempts > 0 ? 0 : blockedMs(health, nowMs);
  const failed = (forMs: number, detail?: string): Change<Step> => ({
    value: { error: unavailable(forMs, undefined, detail) },
  });
  const ask = (entry: SignedInEntry): Change<Step> => {
    const draft = { ...entry, proofKey: entry.proofKey ?? proofKey };
    return { draft, value: { entry: draft } };
  };
  if (waitMs > 0) {
    return failed(waitMs);
  }
  if (intent) {
    // Another tab has begun, and may have died since: the same request gets the same answer. With a server that gives
    // none twice, let the other tab finish, or be given up.
    const mayRepeat = source.repeatable || attempts > 0;
    // A tab whose own attempts failed, while other tabs used the rest of the minute's budget, makes no more of them.
    if (mayRepeat ? attemptsLeft(current, nowMs) <= 0 : Math.abs(nowMs - intent.startedAtMs) < MAX_TOTAL_MS) {
      const othersPollMs = 250;
      return attempts > 0 ? failed(blockedMs(health, nowMs)) : { value: { delayMs: othersPollMs } };
    }
    if (mayRepeat) {
      return ask({ ...current, intent: withAttempt(intent, nowMs) });
    }
  }
  const restMs = forced ? msUntilForce(health, nowMs) : 0;
  if (restMs > 0) {
    return failed(restMs, "a token is replaced once in 10 s");
  }
  // A page that comes after a crash sends the same name again, and so does a tab whose store is silent.
  const next = { refreshId: current.nextRefreshId ?? randomId(), startedAtMs: nowMs, underWay: 1 };
  const noted = forced ? withForced(health, nowMs) : health;
  return ask({ ...current, intent: next, nextRefreshId: undefined, health: noted });
}
