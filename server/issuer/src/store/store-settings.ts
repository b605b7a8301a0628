import type { Store } from "./database.ts";

/** What every server on a store must agree on. */
export type StoreSettingName = "issuer" | "audience" | "signal_epoch";

/** What a server goes by. */
export interface StoreSetting {
  readonly name: StoreSettingName;
  readonly value: string;
  /** The value to replace, if the store has it. Absent: what the store has stays. */
  readonly replaces?: string | undefined;
}

/**
 * Have the store keep a value, unless it has another one.
 *
 * @returns the value that it has now, and the one that this call has replaced
 */
export function keepSetting(
  store: Store,
  { name, value, replaces }: StoreSetting,
): Promise<{ readonly kept: string; readonly replaced: string | undefined }> {
  return store.db.transaction().execute(async (trx) => {
    // Of servers that start at the same time, the first inserts the row, and the others wait for its commit.
    await trx
      .insertInto("store_settings")
      .values({ name, value })
      .onConflict((conflict) => conflict.column("name").doNothing())
      .execute();
    const change = trx.updateTable("store_settings").set({ value }).where("name", "=", name);
    const changed =
      replaces === undefined || replaces === value
        ? undefined
        : await change.where("value", "=", replaces).executeTakeFirst();
    const row = trx.selectFrom("store_settings").select("value").where("name", "=", name);
    return {
      kept: (await row.executeTakeFirstOrThrow()).value,
      replaced: changed?.numUpdatedRows === 1n ? replaces : undefined,
    };
  });
}

/** Find what the servers on a store have agreed on; undefined: none of them was given a value. */
export async function findSetting(store: Store, name: StoreSettingName): Promise<string | undefined> {
  const query = store.db.selectFrom("store_settings").select("value").where("name", "=", name);
  return (await query.executeTakeFirst())?.value;
}
