import { sql } from "kysely";
import type { Store } from "./database.ts";
import { deleteExpired, EXPIRIES } from "./expiry.ts";

/** What one server has counted of an address. */
export interface AddressAttempts {
  /** A hash of the address. */
  readonly key: string;
  readonly attempts: number;
}

/** How attempts are counted: see `createRateLimit`. */
export interface AttemptCount {
  /** How long one attempt takes to grow back, in milliseconds. */
  readonly stepMs: number;
  /** How long all take. */
  readonly windowMs: number;
  readonly nowMs: number;
}

/**
 * Add what one server has counted to what all have, for many addresses in one statement.
 *
 * @param counted each address once
 * @returns when all attempts of each address will have grown back, whichever server they were made at
 */
export async function addAddressAttempts(
  store: Store,
  counted: readonly AddressAttempts[],
  { stepMs, windowMs, nowMs }: AttemptCount,
): Promise<readonly { readonly key: string; readonly fullAtMs: number }[]> {
  const fullAt = (attempts: number): number => Math.ceil(nowMs + Math.min(attempts * stepMs, windowMs));
  // Rows are locked in the order of their keys, so that two servers do not deadlock.
  const values = counted
    .map(({ key, attempts }) => ({ address_key: key, full_at: fullAt(attempts) }))
    .sort((a, b) => (a.address_key < b.address_key ? -1 : 1));
  const before = sql`case when address_tries.full_at > ${nowMs} then address_tries.full_at else ${nowMs} end`;
  const sum = sql`${before} + excluded.full_at - ${nowMs}`;
  const end = Math.ceil(nowMs + windowMs);
  const rows = await store.write((db) =>
    db
      .insertInto("address_tries")
      .values(values)
      .onConflict((conflict) =>
        conflict
          .column("address_key")
          .doUpdateSet({ full_at: sql`case when ${sum} < ${end} then ${sum} else ${end} end` }),
      )
      .returning(["address_key", "full_at"])
      .execute(),
  );
  await deleteExpired(store, EXPIRIES.addressAttempts, nowMs);
  return rows.map((row) => ({ key: row.address_key, fullAtMs: row.full_at }));
}
