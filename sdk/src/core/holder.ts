import { Code, ConnectError } from "@connectrpc/connect";
import type { Clock } from "./clock.ts";
import { SessionError } from "./errors.ts";
import { type Listeners, notify, type SessionEvent } from "./events.ts";
import { LOADING_SNAPSHOT, type SessionSnapshot, toSnapshot } from "./snapshot.ts";
import type { SignedInEntry, StoreEntry } from "./store.ts";
import type { TokenTiming } from "./token-state.ts";

/** A session as this tab or process holds it in memory. */
export interface Held extends SignedInEntry, TokenTiming {
  /**
   * Aborts when the session ends here, with SIGNED_OUT or DISPOSED: whatever runs under it ends with it. The same for
   * all of its tokens.
   */
  readonly ended: AbortSignal;
}

/** What a session is made of in this tab or process. */
interface State {
  readonly held?: Held | undefined;
  /** What was read or written last. */
  readonly entry?: StoreEntry | undefined;
  /** What is wrong while the session lives on. */
  readonly storeError?: unknown;
  readonly refreshError?: unknown;
  readonly status: SessionSnapshot["status"];
  readonly refreshing: boolean;
}

const UNREAD: State = { status: "loading", refreshing: false };

/** The one place that knows the session's present state, and notifies listeners of changes. */
export interface Holder {
  readonly events: Listeners<SessionEvent>;
  readonly changes: Listeners<void>;
  readonly held: () => Held | undefined;
  readonly snapshot: () => SessionSnapshot;
  /** Take over what was just read or written, and what the store fails with, if it does. */
  readonly adopt: (entry: StoreEntry | undefined, storeError?: unknown) => void;
  /** Note whether a refresh is under way, and what is wrong. */
  readonly note: (state: Partial<Pick<State, "refreshing" | "refreshError">>) => void;
  /** End what runs under the session, and let nothing more run under it: it is about to be signed out. */
  readonly leave: () => void;
  /** Forget the token and the listeners, and end what runs under it. */
  readonly clear: () => void;
}

/** Create a {@link Holder} that has read nothing yet. */
export function createHolder(clock: Clock): Holder {
  const events: Holder["events"] = new Set();
  const changes: Holder["changes"] = new Set();
  let state = UNREAD;
  let snapshot = LOADING_SNAPSHOT;
  /** Ends what runs under the session that is held. */
  let end = new AbortController();

  function update(change: Partial<State>): void {
    const before = snapshot;
    state = { ...state, ...change };
    const event = before.status === "loading" ? undefined : eventOf(before, state);
    const { held, status, refreshing, storeError, refreshError } = state;
    const error = storeError ?? refreshError;
    const degraded = error !== undefined;
    const next = toSnapshot(held, { status, refreshing, degraded });
    // Small and flat, made by the same function: the same text is the same state.
    if (JSON.stringify(next) === JSON.stringify(before)) {
      return;
    }
    snapshot = next;
    notify(changes, undefined);
    if (event) {
      notify(events, event);
    }
    // A session that has ended has not recovered.
    if (degraded !== before.degraded && (degraded || event?.type !== "signed_out")) {
      notify(
        events,
        degraded ? { type: "degraded", error: ConnectError.from(error) } : { type: "recovered" },
      );
    }
  }

  return {
    events,
    changes,
    held: () => state.held,
    snapshot: () => snapshot,
    adopt(entry, storeError) {
      const { held: before } = state;
      const ending = end;
      const next = nextHeld(before, entry, clock);
      const isSame = next?.sessionId === before?.sessionId;
      if (!isSame) {
        end = new AbortController();
      }
      const held = next && { ...next, ended: end.signal };
      // A store that has not answered yet may well hold a session.
      const isUnknown = !entry && state.status === "loading" && isSilence(storeError);
      const status = held ? "signed_in" : isUnknown ? "loading" : "signed_out";
      // What fails in one tab fails in all; the one that is about to try knows better why.
      const { refreshing, refreshError = refreshing ? undefined : new SessionError("REFRESH_UNAVAILABLE") } =
        state;
      const isFailing = held && held.health.failures > 0;
      update({ entry, held, status, storeError, refreshError: isFailing ? refreshError : undefined });
      if (!isSame) {
        ending.abort(new SessionError("SIGNED_OUT"));
      }
    },
    note: update,
    leave: () => end.abort(new SessionError("SIGNED_OUT")),
    clear() {
      state = UNREAD;
      events.clear();
      changes.clear();
      end.abort(new SessionError("DISPOSED"));
    },
  };
}

/** Whether a store has failed by giving no answer in time. */
function isSilence(storeError: unknown): boolean {
  return ConnectError.from(storeError).code === Code.DeadlineExceeded;
}

function nextHeld(
  before: Held | undefined,
  entry: StoreEntry | undefined,
  clock: Clock,
): Omit<Held, "ended"> | undefined {
  if (entry?.kind !== "signed_in") {
    return undefined;
  }
  const known = before?.sessionId === entry.sessionId ? before : undefined;
  if (known && known.generation > entry.generation) {
    return known;
  }
  // An age below zero means that the clock was set back since: all that is known is that it began before now.
  const ageMs = Math.max(0, clock.nowMs() - entry.startedAtMs);
  const { startedMonotonicMs, jitter } =
    known?.generation === entry.generation
      ? known
      : { startedMonotonicMs: clock.monotonicMs() - ageMs, jitter: Math.random() };
  return { ...entry, startedMonotonicMs, jitter };
}

function eventOf(before: SessionSnapshot, { held, entry }: State): SessionEvent | undefined {
  if (!held) {
    const reason = entry?.kind === "signed_out" ? entry.reason : "user";
    return before.status === "signed_in" ? { type: "signed_out", reason } : undefined;
  }
  const { sessionId, generation, startedAtMs, lifetimeMs } = held;
  if (before.sessionId !== sessionId) {
    return { type: "signed_in" };
  }
  if (before.generation === generation) {
    return undefined;
  }
  return { type: "refreshed", generation, expiresAtMs: startedAtMs + lifetimeMs };
}
