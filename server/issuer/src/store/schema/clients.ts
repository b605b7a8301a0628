import type { Fixed } from "./fixed.ts";

/** The tables of clients and of the assertions that they have used. */
export interface ClientSchema {
  readonly clients: ClientTable;
  readonly client_subjects: ClientSubjectTable;
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
  /** SHA-256 of its secret, in base64url; null when it proves itself otherwise. */
  secret_hash: string | null;
  /** The secret before this one, which is still good for a while. */
  previous_secret_hash: string | null;
  previous_secret_expires_at: number | null;
  /** Its public keys: a JWK Set, as JSON; null when it proves itself otherwise. */
  jwks: string | null;
  /** The issuer that vouches for it, and as whom, as JSON; null when it proves itself otherwise. */
  trust: string | null;
  /** The certificate that proves who it is, as JSON; null when it proves itself otherwise. */
  certificate: string | null;
  /** What its own tokens say beside, as JSON; null when that is nothing. */
  claims: string | null;
  disabled_at: number | null;
  created_at: Fixed<number>;
}

/** The subjects of other issuers that clients are: a client of these proves itself with a token of that issuer. */
export interface ClientSubjectTable {
  /** A hash of issuer and subject: no two clients are one subject. */
  subject_key: Fixed<string>;
  client_id: Fixed<string>;
}

/** The signed assertions that were used, until they expire: none is good twice. */
export interface SeenAssertionTable {
  /** A hash of who signed it and its `jti`. */
  assertion_key: Fixed<string>;
  expires_at: Fixed<number>;
}
