import { sql } from "kysely";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";

/** Which rows of a table have had their time. */
export interface Outlived {
  readonly table: keyof Schema;
  /** The column that tells its rows apart. */
  readonly key: string;
  /** The column with their time, in milliseconds since 1970. */
  readonly time: string;
  readonly beforeMs: number;
  /** How many at the most. A table that loses more with each new row than that one adds never piles up. */
  readonly limit: number;
}

/** Delete a few rows of whose time nobody asks any more, whichever they are. */
export async function deleteOutlived(store: Store, outlived: Outlived): Promise<void> {
  const [table, key] = [sql.table(outlived.table), sql.ref(outlived.key)];
  // Another server may just be writing one of them, or deleting the same.
  const lock = store.dialect === "postgres" ? sql`for update skip locked` : sql``;
  const some = sql`select ${key} from ${table} where ${sql.ref(outlived.time)} < ${outlived.beforeMs}
    limit ${outlived.limit} ${lock}`;
  await sql`delete from ${table} where ${key} in (${some})`.execute(store.db);
}
