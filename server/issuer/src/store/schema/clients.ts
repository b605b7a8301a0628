import type { Fixed } from "./fixed.ts";

/** The tables of clients and of the assertions that they have used. */
export interface ClientSchema {
  readonly clients: ClientTable;
  readonly seen_assertions: SeenAssertionTable;
}

/** The programs that sign in as themselves. */
export interface ClientTable {
  client_id: Fixed<string>;
  scopes: string;
  roles: string;
  /** The grant types that it may use, as a JSON list. */
  grants: string;
  /** 1 when it may ask about tokens of others (RFC 7662). */
  may_introspect: number;
  /** SHA-256 of its secret, in base64url; null when it has keys instead. */
  secret_hash: string | null;
  /** The secret before this one, which is still good for a while. */
  previous_secret_hash: string | null;
  previous_secret_expires_at: number | null;
  /** Its public keys: a JWK Set, as JSON; null when it has a secret instead. */
  jwks: string | null;
  disabled_at: number | null;
  created_at: Fixed<number>;
}

/** The signed assertions that were used, until they expire: none is good twice. */
export interface SeenAssertionTable {
  /** A hash of who signed it and its `jti`. */
  assertion_key: Fixed<string>;
  expires_at: Fixed<number>;
}
