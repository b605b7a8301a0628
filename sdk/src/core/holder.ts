import { ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import { SessionError } from "./errors.ts";
import { createEmitter, type Emitter, type SessionEvent } from "./events.ts";
import { LOADING_SNAPSHOT, type SessionSnapshot, toSnapshot } from "./snapshot.ts";
import type { SignedInEntry, StoreEntry } from "./store.ts";
import type { TokenTiming } from "./token-state.ts";

/** A session as this tab or process holds it in memory. */
export interface Held extends TokenTiming {
  readonly entry: SignedInEntry;
  /** The whole header value, made once per token. */
  readonly authorization: string;
}

/** What can be wrong while the session lives on. */
export type DegradedCause = "store" | "refresh";

/** The one place that knows the session's present state, and tells everyone of changes. */
export interface Holder {
  readonly events: Emitter<SessionEvent>;
  readonly changes: Emitter<void>;
  readonly held: () => Held | undefined;
  readonly snapshot: () => SessionSnapshot;
  /** Take over what was just read or written. */
  readonly adopt: (entry: StoreEntry | undefined) => void;
  readonly setRefreshing: (refreshing: boolean) => void;
  readonly setDegraded: (cause: DegradedCause, error: unknown) => void;
  /** Forget everything. */
  readonly clear: () => void;
}

/** Create a {@link Holder} that has read nothing yet. */
export function createHolder(clock: Clock): Holder {
  const events = createEmitter<SessionEvent>();
  const changes = createEmitter<void>();
  const causes = new Set<DegradedCause>();
  let held: Held | undefined;
  let isLoaded = false;
  let refreshing = false;
  let snapshot = LOADING_SNAPSHOT;

  function changed(): void {
    const next = isLoaded ? toSnapshot(held?.entry, { refreshing, degraded: causes.size > 0 }) : snapshot;
    // Small and flat, made by the same function: the same text is the same state.
    if (JSON.stringify(next) === JSON.stringify(snapshot)) return;
    snapshot = next;
    changes.emit();
  }

  function setDegraded(cause: DegradedCause, error: unknown): void {
    const was = causes.size;
    if (error === undefined) causes.delete(cause);
    else causes.add(cause);
    changed();
    if (was === 0 && causes.size > 0) events.emit({ type: "degraded", error: ConnectError.from(error) });
    if (was > 0 && causes.size === 0) events.emit({ type: "recovered" });
  }

  return {
    events,
    changes,
    held: () => held,
    snapshot: () => snapshot,
    adopt(entry) {
      const before = held?.entry;
      held = nextHeld(held, entry, clock);
      const event = eventOf(before, held?.entry, entry);
      if (event !== undefined && isLoaded) events.emit(event);
      isLoaded = true;
      changed();
      // What fails in one tab fails in all; the one that is about to try knows better.
      const isFailing = held !== undefined && held.entry.health.failures > 0;
      if (!isFailing || !refreshing)
        setDegraded("refresh", isFailing ? new SessionError("REFRESH_UNAVAILABLE") : undefined);
    },
    setRefreshing(value) {
      refreshing = value;
      changed();
    },
    setDegraded,
    clear() {
      held = undefined;
      events.clear();
      changes.clear();
    },
  };
}

function nextHeld(before: Held | undefined, entry: StoreEntry | undefined, clock: Clock): Held | undefined {
  if (entry?.kind !== "signed_in") return undefined;
  const { sessionId, generation, startedAtMs, lifetimeMs } = entry;
  if (before?.entry.sessionId === sessionId) {
    if (before.entry.generation > generation) return before;
    if (before.entry.generation === generation) return { ...before, entry };
  }
  // An age below zero means that the clock was set back since: all that is known is that it began before now.
  const ageMs = Math.max(0, clock.nowMs() - startedAtMs);
  return {
    entry,
    authorization: `Bearer ${entry.accessToken.reveal()}`,
    startedAtMs,
    lifetimeMs,
    startedMonotonicMs: clock.monotonicMs() - ageMs,
    jitter: Math.random(),
  };
}

function eventOf(
  before: SignedInEntry | undefined,
  after: SignedInEntry | undefined,
  found: StoreEntry | undefined,
): SessionEvent | undefined {
  if (after === undefined) {
    const reason = found?.kind === "signed_out" ? found.reason : "user";
    return before && { type: "signed_out", reason };
  }
  const { sessionId, generation, startedAtMs, lifetimeMs } = after;
  if (before?.sessionId !== sessionId) return { type: "signed_in" };
  if (before.generation === generation) return undefined;
  return { type: "refreshed", generation, expiresAtMs: startedAtMs + lifetimeMs };
}
