import type { Fixed } from "./fixed.ts";

/** The tables of accounts and of what was tried on them. */
export interface AccountSchema {
  readonly accounts: AccountTable;
  readonly sign_in_failures: SignInFailureTable;
}

/** The accounts that can sign in with a password. */
export interface AccountTable {
  subject: Fixed<string>;
  /** Normalized: see `normalizeUsername`. */
  username: Fixed<string>;
  password_hash: string;
  scopes: string;
  roles: string;
  /** What its tokens say beside, as JSON; null when that is nothing. */
  claims: string | null;
  disabled_at: number | null;
  created_at: Fixed<number>;
}

/** The failed sign-ins of an account, whichever server they were tried at. */
export interface SignInFailureTable {
  /** A hash of the name that was tried. */
  account_key: Fixed<string>;
  failures: number;
  last_at: number;
}
