import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";

/** How often a sign-in to one account has failed of late. */
export interface SignInFailures {
  readonly count: number;
  /** When the last one failed, in milliseconds since 1970. */
  readonly lastAtMs: number;
}

/** Read the failures of an account. @param key a hash of its name */
export async function findSignInFailures(store: Store, key: string): Promise<SignInFailures | undefined> {
  const row = await store.db
    .selectFrom("sign_in_failures")
    .select(["failures", "last_at"])
    .where("account_key", "=", key)
    .executeTakeFirst();
  return row === undefined ? undefined : { count: row.failures, lastAtMs: row.last_at };
}

/**
 * Count one more failure of an account.
 *
 * @param times `nowMs`, and before when failures are forgotten
 */
export async function countSignInFailure(
  store: Store,
  key: string,
  { nowMs, forgetBeforeMs }: { readonly nowMs: number; readonly forgetBeforeMs: number },
): Promise<void> {
  await store.db
    .insertInto("sign_in_failures")
    .values({ account_key: key, failures: 1, last_at: nowMs })
    .onConflict((conflict) =>
      conflict.column("account_key").doUpdateSet((eb) => ({
        failures: eb
          .case()
          .when(eb.ref("sign_in_failures.last_at"), "<=", forgetBeforeMs)
          .then(1)
          .else(eb(eb.ref("sign_in_failures.failures"), "+", 1))
          .end(),
        last_at: nowMs,
      })),
    )
    .execute();
  await deleteExpired(store, EXPIRIES.signInFailures, forgetBeforeMs);
}

/** Forget the failures of an account. */
export async function clearSignInFailures(store: Store, key: string): Promise<void> {
  await store.db.deleteFrom("sign_in_failures").where("account_key", "=", key).execute();
}
