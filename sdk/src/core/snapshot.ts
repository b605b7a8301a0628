import type { SignedInEntry } from "./store.ts";

/** What a session looks like at one moment. It never changes; a new one takes its place. No tokens in it. */
export interface SessionSnapshot {
  /** `loading` until the store has been read. */
  readonly status: "loading" | "signed_out" | "signed_in";
  readonly sessionId?: string;
  /** What the access token allows; empty when signed out. */
  readonly scopes: readonly string[];
  /** When the access token was asked for, on the wall clock. */
  readonly issuedAtMs?: number;
  /** When the access token expires, on the wall clock. */
  readonly expiresAtMs?: number;
  /** Whether a refresh is under way. */
  readonly refreshing: boolean;
  /** Whether refreshing or storing fails at the moment. The session is kept and goes on by itself. */
  readonly degraded: boolean;
  /** 1 at sign-in, one more with every refresh; 0 when signed out. */
  readonly generation: number;
}

/** What a snapshot is made of. */
export interface SnapshotParts {
  readonly loaded: boolean;
  readonly entry: SignedInEntry | undefined;
  readonly refreshing: boolean;
  readonly degraded: boolean;
}

/** The snapshot before the store has been read, and of every server-side rendering. */
export const LOADING_SNAPSHOT: SessionSnapshot = Object.freeze({
  status: "loading",
  scopes: Object.freeze([]),
  refreshing: false,
  degraded: false,
  generation: 0,
});

/** Build a snapshot, or keep the one before when nothing has changed. */
export function nextSnapshot(before: SessionSnapshot, parts: SnapshotParts): SessionSnapshot {
  const next = toSnapshot(parts);
  // Small and flat, made by the same function: the same text is the same state.
  return JSON.stringify(before) === JSON.stringify(next) ? before : next;
}

function toSnapshot({ loaded, entry, refreshing, degraded }: SnapshotParts): SessionSnapshot {
  if (!loaded) return LOADING_SNAPSHOT;
  const state = { refreshing, degraded };
  if (entry === undefined) {
    return Object.freeze({ status: "signed_out", scopes: Object.freeze([]), ...state, generation: 0 });
  }
  return Object.freeze({
    status: "signed_in",
    sessionId: entry.sessionId,
    scopes: Object.freeze([...entry.scopes]),
    issuedAtMs: entry.startedAtMs,
    expiresAtMs: entry.startedAtMs + entry.lifetimeMs,
    ...state,
    generation: entry.generation,
  });
}
