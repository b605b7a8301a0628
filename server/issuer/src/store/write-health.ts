import { randomBytes } from "node:crypto";
import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";
import { isUnwritable, type toStoreError } from "./store-error.ts";

/** Knows whether the store can be written. */
export interface WriteHealth {
  /**
   * Find out whether the store can be written, if the last write that failed did so because it could not.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` while it cannot
   */
  assertWritable(): Promise<void>;
}

/** Where the attempts to write go. */
const PROBE = "write_probe";

/** More than a sign-in writes: a disk that is all but full has room for a few bytes. */
const PROBE_BYTES = 48 * 1_024;

/**
 * Keep track of writes that fail because the store can only be read.
 *
 * @returns the health of the store's writes, and the translator of errors that it learns from
 */
export function trackWrites(toError: typeof toStoreError): {
  readonly toError: typeof toStoreError;
  readonly healthOf: (db: Kysely<Schema>) => WriteHealth;
} {
  let hasFailed = false;
  const write = async (db: Kysely<Schema>, value: string): Promise<void> => {
    await db
      .insertInto("store_settings")
      .values({ name: PROBE, value })
      .onConflict((conflict) => conflict.column("name").doUpdateSet({ value }))
      .execute();
  };
  return {
    toError: (error) => {
      hasFailed ||= isUnwritable(error);
      return toError(error);
    },
    healthOf: (db) => ({
      async assertWritable() {
        if (hasFailed) {
          await write(db, randomBytes(PROBE_BYTES).toString("base64"));
          // The room that it has taken stays with the database, for whatever is written next.
          await write(db, "");
          hasFailed = false;
        }
      },
    }),
  };
}
