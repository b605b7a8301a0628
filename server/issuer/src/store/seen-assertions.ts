import type { Store } from "./database.ts";
import { deleteOutlived } from "./delete-outlived.ts";

/** An assertion that is being used. */
export interface SeenAssertion {
  /** Tells it from all others, whoever signed them. */
  readonly key: string;
  /** When it is refused for its age anyway, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/** How many outlived rows go with each new one: more than one, so that they never pile up. */
const PRUNE_ROWS = 10;

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
  const result = await store.db
    .insertInto("seen_assertions")
    .values({ assertion_key: key, expires_at: expiresAtMs })
    .onConflict((conflict) => conflict.column("assertion_key").doNothing())
    .executeTakeFirst();
  const old = { table: "seen_assertions", key: "assertion_key", time: "expires_at" } as const;
  await deleteOutlived(store, { ...old, beforeMs: nowMs, limit: PRUNE_ROWS });
  return result.numInsertedOrUpdatedRows === 1n;
}
