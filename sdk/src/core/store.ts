import type { Peers } from "./peers.ts";
import type { Secret } from "./secret.ts";

/**
 * Why a session ended. `interaction_required`: its provider wants to see the user again. `key_lost`: the key is gone that its
 * tokens are bound to.
 */
export type SignedOutReason =
  | "user"
  | "revoked"
  | "expired"
  | "reuse_detected"
  | "interaction_required"
  | "key_lost";

/**
 * A refresh that was begun and whose outcome is not known yet. A tab that finds one repeats it with the same name,
 * and the server answers with the same tokens.
 */
export interface RefreshIntent {
  /** The name of the attempt. */
  readonly refreshId: string;
  /** When the last attempt was begun, on the wall clock. */
  readonly startedAtMs: number;
  /** How many attempts have begun and not ended, in all tabs and processes. Default 0. */
  readonly underWay?: number | undefined;
}

/**
 * What every tab and process of a session knows about its failed refreshes. It is stored with the session, so
 * that many tabs together are no more of a burden than one.
 */
export interface RefreshHealth {
  /** When attempts failed or were forced, on the wall clock; those of the last minute. */
  readonly strikesAtMs: readonly number[];
  /** How many refreshes have failed in a row. */
  readonly failures: number;
  /** Before this, on the wall clock, no attempt is made. */
  readonly retryAtMs: number;
  /** When a refresh was last forced by a refused token, on the wall clock. */
  readonly forcedAtMs: number;
}

/** A session that lives. */
export interface SignedInEntry {
  readonly kind: "signed_in";
  /** Changes with every write: what {@link SessionStore.compareAndSet} compares. */
  readonly revision: string;
  readonly sessionId: string;
  /** 1 at sign-in, one more with every refresh. */
  readonly generation: number;
  readonly accessToken: Secret;
  /** Absent when it is in a cookie or the source needs none. */
  readonly refreshToken?: Secret | undefined;
  /** The newest that the provider gave: a store without room for it may leave it out. */
  readonly idToken?: Secret | undefined;
  /** How the server says that the access token is sent: `DPoP` when it is bound to {@link SignedInEntry.proofKey}. */
  readonly tokenType?: string | undefined;
  /**
   * The key that the tokens are bound to, with `dpop()`. In a browser it is a pair of keys that is copied as it is, by
   * structured clone: it has no text.
   */
  readonly proofKey?: CryptoKeyPair | Secret | undefined;
  readonly scopes: readonly string[];
  /** When the access token was asked for, on the wall clock. */
  readonly startedAtMs: number;
  /** How long the access token lasts from then. */
  readonly lifetimeMs: number;
  /** When the refresh token ends if it is not used, on the wall clock. */
  readonly refreshExpiresAtMs?: number | undefined;
  readonly intent?: RefreshIntent | undefined;
  /**
   * The name of the next refresh, chosen with the token: tabs that cannot see each other's intents, because their store
   * does not answer or keeps copies, ask for the same tokens all the same.
   */
  readonly nextRefreshId?: string | undefined;
  readonly health: RefreshHealth;
}

/** A session that ended: no tokens, only what other tabs need to show their users why. */
export interface SignedOutEntry {
  readonly kind: "signed_out";
  readonly revision: string;
  readonly sessionId: string;
  readonly generation: number;
  readonly reason: SignedOutReason;
  /** It has ended with the session. */
  readonly proofKey?: undefined;
}

/** What a store holds. */
export type StoreEntry = SignedInEntry | SignedOutEntry;

/**
 * Keeps one session. Several tabs or processes may share one: {@link SessionStore.compareAndSet} is all that
 * keeps them right, so it must be atomic among them.
 */
export interface SessionStore {
  /** Read the entry; `undefined` when there is none or it cannot be understood. Rejects when the store fails. */
  read(): Promise<StoreEntry | undefined>;
  /**
   * Write the entry if the stored one still has this revision. Answers whether it was written.
   *
   * @param expected the revision that was read; `undefined` when nothing was stored
   * @param next the entry to write
   */
  compareAndSet(expected: string | undefined, next: StoreEntry): Promise<boolean>;
  /** The others that share this store, for taking turns. Nothing depends on it. */
  readonly peers?: Peers;
  /** Let go of files and connections. */
  close?(): void | Promise<void>;
}
