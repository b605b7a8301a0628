import { AuthError } from "@countersign/server";
import { createConcurrencyLimit } from "@countersign/server/internal";
import { type AccountWithPassword, findAccountWithPassword } from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import type { Passwords } from "./password.ts";
import { MAX_PASSWORD_BYTES } from "./password-rule.ts";
import type { SignInLimiter } from "./sign-in-limiter.ts";
import { digestUsername, MAX_USERNAME_BYTES, normalizeUsername } from "./username.ts";

/** What {@link createPasswordSignIn} needs. */
export interface PasswordSignInOptions {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly limiter: SignInLimiter;
}

/** A username and a password, as they were typed. */
export interface PasswordInput {
  readonly username: string;
  readonly password: string;
}

/** Finds out whose a username and a password are. */
export type PasswordSignIn = (input: PasswordInput) => Promise<AccountWithPassword>;

/** Two of Node's four pool threads, so that tokens can be signed meanwhile; and some 40 MB at the most. */
const HASHING = { maxRunning: 2, maxWaiting: 128, message: "too many sign-ins are waiting" };

/**
 * Create the check of a username and a password.
 *
 * An account that does not exist or is disabled is answered like a wrong password, after the same work.
 *
 * @returns a function that throws AuthError `CREDENTIALS_INVALID` for anything wrong, `RATE_LIMITED` after too
 *   many failures, and `AUTH_UNAVAILABLE` when the store cannot be used or too many sign-ins wait
 */
export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  const { store, passwords, limiter } = options;
  const limitHashing = createConcurrencyLimit(HASHING);

  const check = async (name: string, password: string): Promise<AccountWithPassword> => {
    const limiterKey = digestUsername(name);
    // Inside the limit on hashing: a guess that has waited there is held to the failures of those before it.
    await limiter.assertAllowed(limiterKey);
    const account = await findAccountWithPassword(store, name);
    const isRight = await passwords.verify(password, account?.passwordHash);
    if (!isRight || account === undefined || account.disabledAtMs !== undefined) {
      await limiter.recordFailure(limiterKey);
      throw wrongCredentials();
    }
    await limiter.recordSuccess(limiterKey);
    return account;
  };
  return async ({ username, password }) => {
    if (
      Buffer.byteLength(username) > MAX_USERNAME_BYTES ||
      Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ) {
      throw wrongCredentials();
    }
    return limitHashing(() => check(normalizeUsername(username), password));
  };
}

function wrongCredentials(): AuthError {
  return new AuthError("CREDENTIALS_INVALID", "the username or the password is wrong");
}
