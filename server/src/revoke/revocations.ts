import type { Clock } from "../clock.ts";
import { AuthError } from "../errors/auth-error.ts";
import type { Store } from "../store/database.ts";
import { listRevokedSince } from "../store/session-revocations.ts";

/** A session whose access tokens are refused from now on. */
export interface Revocation {
  readonly sessionId: string;
  /** When the session was ended, in milliseconds since 1970. */
  readonly atMs: number;
  /** Why, from a closed set of words. */
  readonly reason: string;
}

/** What {@link createRevocations} needs. */
export interface RevocationsOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** The longest that an access token lasts, in milliseconds: a revocation is remembered 5 min longer. */
  readonly accessTtlMs: number;
  /** How often the store is asked what other servers have revoked, in milliseconds. Default 1 s. */
  readonly pollMs?: number;
  /**
   * How long to go on with what is known while the store cannot be read, in milliseconds. Default 60 s;
   * `Infinity` serves revoked sessions for as long as the store is down.
   */
  readonly staleAfterMs?: number;
  /** Told when the store could not be read, or a listener threw. */
  readonly onError?: (error: unknown) => void;
}

/** The revoked sessions that access tokens may still be around of, in memory. */
export interface Revocations {
  /**
   * Load what was revoked, and go on asking the store.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read
   */
  start(): Promise<void>;
  /** Stop asking the store. */
  close(): void;
  /**
   * Say whether a session is revoked: one lookup in memory.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the store could not be read for too long
   */
  isRevoked(principal: { readonly sessionId: string | undefined }): boolean;
  /** Refuse a session from now on. A session that is revoked already stays so. */
  revoke(revocation: Revocation): void;
  /** Call back for each revocation from now on. @returns what ends the calls */
  onRevoked(listener: (revocation: Revocation) => void): () => void;
  /** How many are remembered. */
  readonly size: number;
}

/** Room for clocks that differ, and for tokens that are accepted a little past their time. */
const KEEP_LONGER_MS = 5 * 60 * 1_000;

/** A server may write a time that others have passed already: its clock is behind, or its commit took long. */
const OVERLAP_MS = 60 * 1_000;

const DEFAULT_POLL_MS = 1_000;
const DEFAULT_STALE_AFTER_MS = 60_000;

/** Create the set of revoked sessions. It knows nothing before its `start`. */
export function createRevocations(options: RevocationsOptions): Revocations {
  const { store, clock, onError = () => undefined, staleAfterMs = DEFAULT_STALE_AFTER_MS } = options;
  const keepMs = options.accessTtlMs + KEEP_LONGER_MS;
  const listeners = new Set<(revocation: Revocation) => void>();
  /** Session → when it can be forgotten; the oldest first. */
  const forgetAt = new Map<string, number>();
  let readAtMs: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const forgetOld = (nowMs: number): void => {
    for (const [sessionId, atMs] of forgetAt) {
      if (atMs > nowMs) {
        return;
      }
      forgetAt.delete(sessionId);
    }
  };
  const tell = (revocation: Revocation): void => {
    for (const listener of listeners) {
      try {
        listener(revocation);
      } catch (error) {
        // The other listeners must still learn of it.
        onError(error);
      }
    }
  };
  const revoke = (revocation: Revocation): void => {
    const nowMs = clock.nowMs();
    forgetOld(nowMs);
    if (!forgetAt.has(revocation.sessionId)) {
      forgetAt.set(revocation.sessionId, nowMs + keepMs);
      tell(revocation);
    }
  };
  const readSince = async (sinceMs: number): Promise<void> => {
    const nowMs = clock.nowMs();
    for (const { sessionId, revokedAtMs, reason } of await listRevokedSince(store, sinceMs)) {
      revoke({ sessionId, atMs: revokedAtMs, reason });
    }
    readAtMs = nowMs;
  };
  const poll = (): Promise<void> => readSince((readAtMs ?? 0) - OVERLAP_MS).catch(onError);

  return {
    async start() {
      await readSince(clock.nowMs() - keepMs);
      timer = setInterval(() => void poll(), options.pollMs ?? DEFAULT_POLL_MS).unref();
    },
    close: () => clearInterval(timer),
    isRevoked({ sessionId }) {
      if (readAtMs !== undefined && clock.nowMs() - readAtMs > staleAfterMs) {
        throw new AuthError("AUTH_UNAVAILABLE", "the revoked sessions cannot be read just now");
      }
      return sessionId !== undefined && forgetAt.has(sessionId);
    },
    revoke,
    onRevoked(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get size() {
      return forgetAt.size;
    },
  };
}
