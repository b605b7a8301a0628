import { ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import { createEmitter, type Emitter, type SessionEvent } from "./events.ts";
import { LOADING_SNAPSHOT, nextSnapshot, type SessionSnapshot } from "./snapshot.ts";
import type { SignedInEntry, SignedOutReason, StoreEntry } from "./store.ts";
import { type Instant, type TokenTiming, withArrivalGrace } from "./token-state.ts";

/** A session as this tab or process holds it in memory. */
export interface Held {
  readonly entry: SignedInEntry;
  readonly timing: TokenTiming;
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
  /** Take over what was just read or written. `began`: when its token was asked for, if that was here. */
  readonly adopt: (entry: StoreEntry | undefined, began?: Instant) => void;
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
  let loaded = false;
  let refreshing = false;
  let snapshot: SessionSnapshot = LOADING_SNAPSHOT;

  function changed(): void {
    const next = nextSnapshot(snapshot, {
      loaded,
      entry: held?.entry,
      refreshing,
      degraded: causes.size > 0,
    });
    if (next === snapshot) return;
    snapshot = next;
    changes.emit();
  }

  return {
    events,
    changes,
    held: () => held,
    snapshot: () => snapshot,
    adopt(entry, began) {
      const before = held;
      held = nextHeld(before, entry, { clock, began });
      const event = loaded ? eventOf(before, held, endReason(entry)) : undefined;
      loaded = true;
      changed();
      if (event !== undefined) events.emit(event);
    },
    setRefreshing(value) {
      refreshing = value;
      changed();
    },
    setDegraded(cause, error) {
      const was = causes.size > 0;
      if (error === undefined) causes.delete(cause);
      else causes.add(cause);
      const is = causes.size > 0;
      changed();
      if (is && !was) events.emit({ type: "degraded", error: ConnectError.from(error) });
      if (was && !is) events.emit({ type: "recovered" });
    },
    clear() {
      held = undefined;
      events.clear();
      changes.clear();
    },
  };
}

interface HeldContext {
  readonly clock: Clock;
  readonly began: Instant | undefined;
}

function nextHeld(
  before: Held | undefined,
  entry: StoreEntry | undefined,
  { clock, began }: HeldContext,
): Held | undefined {
  if (entry?.kind !== "signed_in") return undefined;
  const same = before?.entry.sessionId === entry.sessionId ? before : undefined;
  if (same !== undefined && same.entry.generation > entry.generation) return same;
  if (same?.entry.generation === entry.generation) return { ...same, entry };
  const authorization = `Bearer ${entry.accessToken.reveal()}`;
  return { entry, timing: timingOf(entry, clock, began), authorization };
}

function timingOf(entry: SignedInEntry, clock: Clock, began: Instant | undefined): TokenTiming {
  const now = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
  // An age below zero means that the clock was set back since: all that is known is that it began before now.
  const age = Math.max(0, now.wallMs - entry.startedAtMs);
  const timing = {
    lifetimeMs: entry.lifetimeMs,
    startedAtMs: entry.startedAtMs,
    startedMonotonicMs: began?.monotonicMs ?? now.monotonicMs - age,
    jitter: Math.random(),
  };
  return began === undefined ? timing : withArrivalGrace(timing, now);
}

function endReason(entry: StoreEntry | undefined): SignedOutReason {
  return entry?.kind === "signed_out" ? entry.reason : "user";
}

function eventOf(
  before: Held | undefined,
  after: Held | undefined,
  reason: SignedOutReason,
): SessionEvent | undefined {
  if (after === undefined) return before === undefined ? undefined : { type: "signed_out", reason };
  const { sessionId, generation, startedAtMs, lifetimeMs } = after.entry;
  if (before?.entry.sessionId !== sessionId) return { type: "signed_in" };
  if (before.entry.generation === generation) return undefined;
  return { type: "refreshed", generation, expiresAtMs: startedAtMs + lifetimeMs };
}
