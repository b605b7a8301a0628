import { sql } from "kysely";
import type { Store } from "./database.ts";

/**
 * Ask the store for something small.
 *
 * @throws AuthError `AUTH_UNAVAILABLE` when it cannot be used
 */
export async function pingStore(store: Store): Promise<void> {
  await sql`select version from schema_versions limit 1`.execute(store.db);
}
