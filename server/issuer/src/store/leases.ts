import type { Store } from "./database.ts";

/** A wish to be the one server that does something. */
export interface LeaseRequest {
  /** What is to be done. */
  readonly name: string;
  /** Who asks. */
  readonly holder: string;
  /** How long no other holder may do it, in milliseconds. The holder may ask again before that. */
  readonly ttlMs: number;
  readonly nowMs: number;
}

/**
 * Ask to be the one that does something.
 *
 * The answer keeps servers from doing the same work; it is no lock: what is done must be right even if a server
 * that was held up does it late.
 *
 * @returns whether the lease was had, renewed or taken over after it had run out
 */
export async function acquireLease(store: Store, request: LeaseRequest): Promise<boolean> {
  const { name, holder, ttlMs, nowMs } = request;
  const row = await store.db
    .insertInto("leases")
    .values({ name, holder, expires_at: nowMs + ttlMs })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet({ holder, expires_at: nowMs + ttlMs })
        .where((is) => is.or([is("leases.expires_at", "<=", nowMs), is("leases.holder", "=", holder)])),
    )
    .returning("holder")
    .executeTakeFirst();
  return row !== undefined;
}
