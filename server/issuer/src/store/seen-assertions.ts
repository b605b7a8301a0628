import type { Kysely } from "kysely";
import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";
import type { Schema } from "./schema.ts";

/** An assertion that is being used. */
export interface SeenAssertion {
  /** Identifies it among all others, also those of other signers. */
  readonly key: string;
  /** When it is refused for its age anyway, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Remember that an assertion was used.
 *
 * @returns false when it was used before, at this server or another
 */
export async function rememberAssertion(
  store: Store,
  { key, expiresAtMs }: SeenAssertion,
  nowMs: number,
): Promise<boolean> {
  const isNew = await insertSeen(store.db, { key, expiresAtMs });
  await deleteExpired(store, EXPIRIES.seenAssertions, nowMs);
  return isNew;
}

/** Remember that an assertion was used. @returns false when it was used before */
export async function insertSeen(db: Kysely<Schema>, { key, expiresAtMs }: SeenAssertion): Promise<boolean> {
  const result = await db
    .insertInto("seen_assertions")
    .values({ assertion_key: key, expires_at: expiresAtMs })
    .onConflict((conflict) => conflict.column("assertion_key").doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}
