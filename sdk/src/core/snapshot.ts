import type { SignedInEntry } from "./store.ts";

/** What a session looks like at one moment. It never changes; a new one takes its place. No tokens in it. */
export interface SessionSnapshot {
  /** `loading` until the store has answered. */
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

/** The snapshot before the store has been read, and of every server-side rendering. */
export const LOADING_SNAPSHOT: SessionSnapshot = Object.freeze({
  status: "loading",
  scopes: Object.freeze([]),
  refreshing: false,
  degraded: false,
  generation: 0,
});

/** Build a snapshot. */
export function toSnapshot(
  entry: SignedInEntry | undefined,
  state: Pick<SessionSnapshot, "status" | "refreshing" | "degraded">,
): SessionSnapshot {
  const signedIn = entry && {
    sessionId: entry.sessionId,
    scopes: Object.freeze([...entry.scopes]),
    issuedAtMs: entry.startedAtMs,
    expiresAtMs: entry.startedAtMs + entry.lifetimeMs,
    generation: entry.generation,
  };
  return Object.freeze({ ...LOADING_SNAPSHOT, ...signedIn, ...state });
}
