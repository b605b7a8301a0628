import type { Fixed } from "./fixed.ts";

/** The table of sessions. */
export interface SessionSchema {
  readonly sessions: SessionTable;
}

/** One row per session; each refresh rewrites it, and each step-up how its subject proved who they are. */
export interface SessionTable {
  session_id: Fixed<string>;
  subject: Fixed<string>;
  client_id: Fixed<string>;
  scopes: Fixed<string>;
  /** 0: it is not known, or no person signed in. */
  auth_time: number;
  /** SHA-256 of the refresh token of this generation, in base64url. */
  refresh_hash: string;
  /** How many times the refresh token was replaced. */
  generation: number;
  /** The attempt that made this generation. Empty: the sign-in, or a client that named none. */
  refresh_id: string;
  /** This generation's refresh token, sealed under a key that only the token before it gives. */
  successor_sealed: string | null;
  /** When the refresh token before this generation's was replaced. */
  superseded_at: number | null;
  created_at: Fixed<number>;
  refreshed_at: number;
  idle_expires_at: number;
  absolute_expires_at: Fixed<number>;
  /** When to look whether it has expired; it may have been refreshed since. 0: a server of before has begun it. */
  prune_at: number;
  revoked_at: number | null;
  revoke_reason: string | null;
  /** The roles that were granted, as a JSON list; null when an account says what they are now. */
  roles: Fixed<string | null>;
  /** The other issuer that knows the subject, and as whom; null for our own. */
  external_issuer: Fixed<string | null>;
  external_subject: Fixed<string | null>;
  /** The session there that it was begun from: claim `sid` of the token; null when there was none, or it is not known. */
  external_session: Fixed<string | null>;
  /** How the subject proved who they are: claims `acr`, and `amr` as a JSON list. */
  acr: string | null;
  amr: string | null;
  /** Who acts for the subject: claim `act`, as JSON. */
  actor: Fixed<string | null>;
  /** Whom its tokens are for, as a JSON list; null: for the audience of the issuer. */
  resources: Fixed<string | null>;
  /** The thumbprint of the key that its refresh tokens are bound to (RFC 9449 §5); null: to none. */
  jwk_thumbprint: string | null;
  /** The first generation of the refresh token that is bound to the key; null: none is. */
  bound_generation: number | null;
  /** What the client said of its device; null when it said nothing. */
  device: string | null;
  /** Where the session was last used from; null when that is not known. */
  address: string | null;
}
