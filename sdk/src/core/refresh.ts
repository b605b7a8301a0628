import { attemptRefresh } from "./attempts.ts";
import { blockedMs, mayForce, withForced } from "./budget.ts";
import { isSameSession } from "./entries.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { RefreshContext, RefreshOutcome } from "./refresh-context.ts";
import { commit, DONE, giveUp } from "./refresh-outcome.ts";
import type { RefreshIntent, SignedInEntry } from "./store.ts";
import { sleep } from "./timeout.ts";

/** Which token is to be replaced, and whether because a server refused it. */
export interface RefreshRequest {
  readonly held: Held;
  readonly forced: boolean;
}

// Every lost race means that somebody else moved on; so many in a row only happen when a store is broken.
const MAX_RACES = 20;
const OTHERS_POLL_MS = 250;
const MAX_UNDER_WAY_MS = 20_000;

/**
 * Replace the access token: read the store, note the intent, ask the server, commit.
 *
 * What others did in the meantime is adopted instead. Afterwards the holder knows the state that is in force.
 */
export async function refreshSession(
  context: RefreshContext,
  request: RefreshRequest,
): Promise<RefreshOutcome> {
  const begun = await begin(context, request);
  if (begun.kind !== "begun") return begun;
  const { entry, refreshId } = begun;
  const result = await attemptRefresh(entry, { ...context, refreshId });
  return result.kind === "granted" ? commit(context, entry, result) : giveUp(context, entry, result);
}

type Begun =
  | { readonly kind: "begun"; readonly entry: SignedInEntry; readonly refreshId: string }
  | RefreshOutcome;

/** Write down what is about to be asked, so that whoever comes after a crash asks the same again. */
async function begin(
  { clock, store, holder, source }: RefreshContext,
  request: RefreshRequest,
): Promise<Begun> {
  let stored = await store.read();
  for (let races = 0; races < MAX_RACES; races += 1) {
    holder.adopt(stored);
    if (!isSameSession(stored, request.held.entry)) return DONE;
    if (stored.generation > request.held.entry.generation) return DONE;
    const nowMs = clock.nowMs();
    const waitMs = blockedMs(stored.health, nowMs);
    if (waitMs > 0) return { kind: "unavailable", retryAfterMs: waitMs };
    const { intent } = stored;
    // Somebody has begun, and may have died since: the same request gets the same answer.
    if (intent !== undefined && source.repeatable)
      return { kind: "begun", entry: stored, refreshId: intent.refreshId };
    if (intent !== undefined && isUnderWay(intent, nowMs)) {
      // A server that gives no same answer twice: let the other finish, or be given up.
      await sleep(clock, OTHERS_POLL_MS);
      stored = await store.read();
      continue;
    }
    if (request.forced && !mayForce(stored.health, nowMs)) return { kind: "unavailable", retryAfterMs: 0 };
    const refreshId = randomId();
    const next: SignedInEntry = {
      ...stored,
      revision: randomId(),
      intent: { refreshId, startedAtMs: nowMs },
      health: request.forced ? withForced(stored.health, nowMs) : stored.health,
    };
    const result = await store.compareAndSet(stored.revision, next);
    if (result.kind === "committed") return { kind: "begun", entry: next, refreshId };
    stored = result.current;
  }
  return { kind: "unavailable", retryAfterMs: 0 };
}

function isUnderWay({ startedAtMs }: RefreshIntent, nowMs: number): boolean {
  return Math.abs(nowMs - startedAtMs) < MAX_UNDER_WAY_MS;
}
