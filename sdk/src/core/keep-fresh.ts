import type { Access } from "./access.ts";
import { blockedMs } from "./budget.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { Holder } from "./holder.ts";
import { instantOf } from "./timeout.ts";
import { msUntilStale } from "./token-state.ts";

/** What {@link keepFresh} needs. */
export interface KeepFreshContext {
  readonly access: Access;
  readonly clock: Clock;
  readonly holder: Holder;
}

/** Refreshes ahead of expiry while somebody watches. */
export interface FreshKeeper {
  /** Look at the token now and plan the next look. */
  readonly look: () => void;
  /** Stop for good. */
  readonly stop: () => void;
}

const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 60_000;

/**
 * Refresh ahead of expiry while the session has subscribers, with one coarse timer.
 *
 * Nothing depends on it: whatever it misses, the next call makes good.
 */
export function keepFresh({ access, clock, holder }: KeepFreshContext): FreshKeeper {
  let cancel: Cancel | undefined;

  function look(): void {
    cancel?.();
    cancel = undefined;
    if (holder.changes.size() === 0) return;
    // A stale token that is asked for is refreshed behind; an expired one must be asked for in earnest.
    if (holder.held() !== undefined && access.usable() === undefined) void access.obtain().catch(ignore);
    plan();
  }

  function plan(): void {
    const held = holder.held();
    if (held === undefined) return;
    const staleMs = msUntilStale(held.timing, instantOf(clock));
    // While the server is left alone there is nothing to look for.
    const delayMs = Math.max(MIN_DELAY_MS, staleMs, blockedMs(held.entry.health, clock.nowMs()));
    cancel = clock.schedule(look, Math.min(MAX_DELAY_MS, delayMs));
  }

  return { look, stop: () => cancel?.() };
}

/** The failure is in the snapshot and in the event `degraded`; there is no caller to tell. */
function ignore(): void {}
