import type { Fixed } from "./fixed.ts";

/** The table of the keys that sign access tokens. */
export interface KeySchema {
  readonly signing_keys: SigningKeyTable;
}

/** The keys that sign access tokens. */
export interface SigningKeyTable {
  kid: Fixed<string>;
  algorithm: Fixed<string>;
  /** The public JWK, as JSON. */
  public_jwk: Fixed<string>;
  /** The private JWK, sealed under the key-encryption key; null once the key is removed. */
  private_sealed: string | null;
  /** `next`, `active`, `retired` or `removed`. */
  state: string;
  created_at: Fixed<number>;
  active_at: number | null;
  retired_at: number | null;
}
