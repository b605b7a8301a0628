import type { Access } from "./access.ts";
import { blockedMs } from "./budget.ts";
import type { Cancel } from "./clock.ts";
import type { OpenStreams } from "./open-streams.ts";
import type { SessionContext } from "./session-context.ts";
import { msUntilStale } from "./token-state.ts";

/** What {@link createUpkeep} needs. */
export interface UpkeepContext extends Pick<SessionContext, "clock" | "holder"> {
  readonly access: Access;
  readonly streams: OpenStreams | undefined;
}

/** Refreshes ahead of expiry while somebody watches, and renews streams. */
export interface Upkeep {
  /** Look at the token and the streams now, and plan the next look. */
  readonly look: () => void;
  /** Plan no more. */
  readonly stop: () => void;
}

const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 60_000;

/**
 * Refresh ahead of expiry while the session has subscribers or streams, and renew the streams that are due, with one
 * coarse timer.
 *
 * No call depends on it: whatever it misses, the next call makes good.
 */
export function createUpkeep({ access, clock, holder, streams }: UpkeepContext): Upkeep {
  let cancel: Cancel | undefined;

  function look(): void {
    cancel?.();
    // A stream that is due should find its next token at hand: of a short life, little is left then.
    const isNeeded = holder.changes.size > 0 || Number.isFinite(streams?.dueMs() ?? Number.NaN);
    const held = isNeeded ? holder.held() : undefined;
    // A stale token that is asked for is refreshed behind; an expired one must be asked for in earnest.
    if (held !== undefined && access.usable() === undefined) void access.obtain().catch(ignore);
    if (streams !== undefined && streams.dueMs() <= 0) void streams.renew().then(look);
    // While the server is left alone there is nothing to look for.
    const freshMs =
      held && Math.max(MIN_DELAY_MS, msUntilStale(held, clock), blockedMs(held.health, clock.nowMs()));
    const delayMs = Math.min(
      freshMs ?? Number.POSITIVE_INFINITY,
      streams?.dueMs() ?? Number.POSITIVE_INFINITY,
    );
    // Whole milliseconds: a clock can't get past the fractions that sums leave over.
    const waitMs = Math.ceil(Math.max(0, Math.min(MAX_DELAY_MS, delayMs)));
    if (Number.isFinite(delayMs)) cancel = clock.schedule(look, waitMs);
  }

  return { look, stop: () => cancel?.() };
}

/** The failure is in the snapshot and in the event `degraded`; there is no caller to tell. */
function ignore(): void {}
