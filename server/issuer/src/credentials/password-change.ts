import { type AuditSink, AuthError } from "@countersign/server";
import { type AccountEvent, createConcurrencyLimit } from "@countersign/server/internal";
import { findAccountBySubject } from "../store/accounts.ts";
import type { Store } from "../store/database.ts";
import type { HashReplacer } from "../store/password-replacement.ts";
import type { Passwords } from "./password.ts";
import { type AcceptPassword, assertAcceptable } from "./password-rule.ts";
import type { PasswordSignIn } from "./password-sign-in.ts";

/** What {@link createPasswordChange} needs. */
export interface PasswordChangeOptions {
  readonly store: Store;
  readonly passwords: Passwords;
  readonly replaceHash: HashReplacer;
  /** Checks the current password, and limits how often that is tried: the one that signs in. */
  readonly passwordSignIn: PasswordSignIn;
  readonly acceptPassword: AcceptPassword;
  readonly audit: AuditSink<AccountEvent>;
}

/** A password that its owner replaces. */
export interface PasswordReplacement {
  /** The account. */
  readonly subject: string;
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The session of the owner, which goes on. */
  readonly sessionId: string;
  /** Where the owner calls from, in the form that limits count by. */
  readonly peer: string;
  /** Whether the other sessions of the account go on, too. */
  readonly keepOtherSessions: boolean;
}

/**
 * Replaces the password of an account for its owner, and ends its other sessions unless they are to go on: both, or
 * neither when it fails.
 *
 * @returns the sessions that have ended; undefined when the subject has no account here
 * @throws AuthError `CREDENTIALS_INVALID` when the current password is wrong, or was replaced meanwhile;
 *   `RATE_LIMITED` after too many failures or when too many wait, and `AUTH_UNAVAILABLE` when the store cannot be used
 * @throws AccountError `PASSWORD_REFUSED` when it cannot have the new one
 */
export type PasswordChange = (replacement: PasswordReplacement) => Promise<readonly string[] | undefined>;

/** A hash takes 19 MB and a thread of the pool, which sign-ins need too. */
const HASHING = { maxRunning: 1, maxWaiting: 64, message: "too many changes of passwords are waiting" };

/** Create what replaces the passwords of accounts for their owners. */
export function createPasswordChange(options: PasswordChangeOptions): PasswordChange {
  const { store, passwords, replaceHash, passwordSignIn, acceptPassword, audit } = options;
  const limitHashing = createConcurrencyLimit(HASHING);
  return async ({ subject, sessionId, peer, currentPassword, newPassword, keepOtherSessions }) => {
    const known = await findAccountBySubject(store, subject);
    if (known === undefined) {
      return undefined;
    }
    const proof = { username: known.username, password: currentPassword, origin: { peer, sessionId } };
    const account = await passwordSignIn(proof).catch(toChangeError);
    // After the proof: the server's rule may ask others, and is not to be put to work by a stolen token.
    await assertAcceptable({ password: newPassword, username: account.username }, acceptPassword);
    const source = { address: peer, account: subject, isKnown: true };
    const to = await limitHashing(source, () => passwords.hash(newPassword));
    const endsSessions = keepOtherSessions ? undefined : { subject, exceptSessionId: sessionId };
    const ended = await replaceHash({ subject, from: account.passwordHash, to, endsSessions });
    // Two requests may have proven the same password, or the operator may have replaced it: the first one counts.
    if (ended === undefined) {
      throw new AuthError("CREDENTIALS_INVALID", "the password was replaced meanwhile");
    }
    audit.record({ type: "password_changed", subject });
    return ended;
  };
}

/** The owner has typed no username that could be wrong. */
function toChangeError(error: unknown): never {
  if (error instanceof AuthError && error.reason === "CREDENTIALS_INVALID") {
    throw new AuthError("CREDENTIALS_INVALID", "the current password is wrong", { cause: error });
  }
  throw error;
}
