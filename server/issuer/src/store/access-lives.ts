import { type Kysely, sql } from "kysely";
import { lockUntilCommit } from "./advisory-locks.ts";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";

/** The longest life of an access token that is accepted unless options say otherwise, in milliseconds. */
export const MAX_ACCESS_LIFE_MS = 24 * 60 * 60 * 1_000;

/** How long a record of a life counts, in milliseconds: a server that goes on granting it renews the record. */
const GRANTED_FOR_MS = 24 * 60 * 60 * 1_000;

/** How little may be left of that before the record is renewed: a server can start although the disk is full. */
const RENEW_BELOW_MS = GRANTED_FOR_MS / 2;

/**
 * Record that a server grants, or accepts, access tokens that last so long. A server records it before it does, and
 * renews the record within half a day.
 */
export async function recordAccessLife(
  store: Store,
  { lifeMs, nowMs }: { readonly lifeMs: number; readonly nowMs: number },
): Promise<void> {
  const until = nowMs + GRANTED_FOR_MS;
  const known = await store.db
    .selectFrom("access_lives")
    .select("life_ms")
    .where("life_ms", ">=", lifeMs)
    .where("granted_until", ">", nowMs + RENEW_BELOW_MS)
    .executeTakeFirst();
  if (known !== undefined) {
    return;
  }
  await store.db.transaction().execute(async (trx) => {
    // What is being revoked at this moment, without knowing of this life, is read by this server before it grants any.
    await lockUntilCommit(trx, store.dialect, "revocations");
    await trx
      .insertInto("access_lives")
      .values({ life_ms: Math.ceil(lifeMs), granted_until: until })
      .onConflict((conflict) =>
        conflict
          .column("life_ms")
          .doUpdateSet({ granted_until: until })
          .where("access_lives.granted_until", "<", until),
      )
      .execute();
  });
}

/** Find the longest life of an access token that may still be good: of all that servers on the store have granted. */
export async function longestAccessLifeMs(db: Kysely<Schema>, nowMs: number): Promise<number> {
  return (await recordedAccessLifeMs(db, nowMs)) ?? MAX_ACCESS_LIFE_MS;
}

/** As {@link longestAccessLifeMs}; undefined when no server has said how long its tokens last. */
export async function recordedAccessLifeMs(db: Kysely<Schema>, nowMs: number): Promise<number | undefined> {
  const row = await db
    .selectFrom("access_lives")
    .select((select) => select.fn.max("life_ms").as("life_ms"))
    .where(sql<boolean>`granted_until + life_ms > ${nowMs}`)
    .executeTakeFirst();
  return row?.life_ms ?? undefined;
}
