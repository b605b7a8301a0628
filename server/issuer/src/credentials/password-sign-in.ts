import { AuthError } from "@countersign/server";
import { createConcurrencyLimit } from "@countersign/server/internal";
import { type AccountWithPassword, findAccountWithPassword } from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import type { AccountLimiter } from "./account-limiter.ts";
import type { AttemptSource, CallerRecognition, SignInOrigin } from "./caller-recognition.ts";
import type { Passwords } from "./password.ts";
import { MAX_PASSWORD_BYTES } from "./password-rule.ts";
import { MAX_USERNAME_BYTES, normalizeUsername } from "./username.ts";

/** What {@link createPasswordSignIn} needs. */
export interface PasswordSignInOptions {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly recognize: CallerRecognition;
  readonly limiter: AccountLimiter;
}

/** A username and a password, as they were typed, and where they come from. */
export interface PasswordInput {
  readonly username: string;
  readonly password: string;
  readonly origin: SignInOrigin;
}

/** Finds out whose a username and a password are. */
export type PasswordSignIn = (input: PasswordInput) => Promise<AccountWithPassword>;

/** Two of Node's four pool threads, so that tokens can be signed meanwhile; and some 40 MB at the most. */
const HASHING = { maxRunning: 2, maxWaiting: 128, message: "too many sign-ins are waiting" };

/**
 * Create the check of a username and a password.
 *
 * An account that does not exist or is disabled is answered like a wrong password, after the same work. While
 * callers wait for that work, no address or account holds more places than another, and strangers hold none of those
 * for known callers.
 *
 * @returns a function that throws AuthError `CREDENTIALS_INVALID` for anything wrong, `RATE_LIMITED` after too
 *   many attempts or failures and when too many sign-ins wait, and `AUTH_UNAVAILABLE` when the store cannot be used
 */
export function createPasswordSignIn(options: PasswordSignInOptions): PasswordSignIn {
  const { store, passwords, recognize, limiter } = options;
  const limitHashing = createConcurrencyLimit(HASHING);

  const check = async (
    source: AttemptSource,
    name: string,
    password: string,
  ): Promise<AccountWithPassword> => {
    // Inside the limit on hashing: a guess that has waited there is held to the failures of those before it.
    await limiter.begin(source);
    const account = await findAccountWithPassword(store, name);
    const isRight = await passwords.verify(password, account?.passwordHash);
    if (!isRight || account === undefined || account.disabledAtMs !== undefined) {
      await limiter.recordFailure(source);
      throw wrongCredentials();
    }
    await limiter.recordSuccess(source);
    return account;
  };
  return async ({ username, password, origin }) => {
    if (
      Buffer.byteLength(username) > MAX_USERNAME_BYTES ||
      Buffer.byteLength(password) > MAX_PASSWORD_BYTES
    ) {
      throw wrongCredentials();
    }
    const name = normalizeUsername(username);
    const source = await recognize(name, origin);
    // Before the limit on hashing: a caller that has to wait anyway takes no place there.
    await limiter.assertAllowed(source);
    return limitHashing(source, () => check(source, name, password));
  };
}

function wrongCredentials(): AuthError {
  return new AuthError("CREDENTIALS_INVALID", "the username or the password is wrong");
}
