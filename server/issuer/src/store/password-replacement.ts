import { type PasswordHashChange, replacePasswordHash } from "./accounts.ts";
import type { Store } from "./database.ts";
import { announceRevocations } from "./revocations.ts";
import { endSessionsIn, type SessionSelector, type SessionsEnded } from "./session-revocations.ts";

/** The replacement of a password, with the sessions that end with it. */
export interface HashReplacement extends PasswordHashChange {
  /** Undefined: none. */
  readonly endsSessions: SessionSelector | undefined;
}

/**
 * Replaces a password and ends sessions: both, or neither.
 *
 * @returns the sessions that have ended; undefined when the password was not replaced
 * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be written: nothing has changed then
 */
export type HashReplacer = (replacement: HashReplacement) => Promise<readonly string[] | undefined>;

/**
 * Replace the password of an account, end sessions and revoke their access tokens, in one transaction.
 *
 * @returns undefined when the account has another password by now, or is gone
 */
export async function replaceHash(
  store: Store,
  { endsSessions, ...change }: HashReplacement,
  end: { readonly reason: string; readonly nowMs: number },
): Promise<SessionsEnded | undefined> {
  const replaced = await store.db.transaction().execute(async (trx) => {
    // The password is first. On Postgres it waits for sign-ins with the one of before, whose sessions end below.
    if (!(await replacePasswordHash(trx, change))) {
      return undefined;
    }
    return endsSessions === undefined
      ? { sessions: [], revocations: [] }
      : endSessionsIn(trx, store.dialect, { where: endsSessions, ...end });
  });
  announceRevocations(store, replaced?.revocations);
  return replaced;
}
