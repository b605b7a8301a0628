import type { Kysely, Selectable } from "kysely";
import type { Store } from "./database.ts";
import { announceRevocations, OWN_ISSUER, type RevocationRecord, writeRevocations } from "./revocations.ts";
import type { SigningKeyTable } from "./schema/keys.ts";
import type { Schema } from "./schema.ts";

/** Where a key is in its life: published, then signing, then only verifying, then gone. */
export type SigningKeyState = "next" | "active" | "retired" | "removed";

/** A signing key, as it is stored. Times are milliseconds since 1970. */
export interface SigningKeyRecord {
  /** The key's RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: string;
  /** The public JWK, as JSON. */
  readonly publicJwk: string;
  /** The private JWK, sealed; undefined once the key is removed. */
  readonly privateSealed: string | undefined;
  readonly state: SigningKeyState;
  readonly createdAtMs: number;
  readonly activeAtMs: number | undefined;
  readonly retiredAtMs: number | undefined;
}

/** Read every key, the oldest first. */
export async function listSigningKeys(store: Store): Promise<readonly SigningKeyRecord[]> {
  const query = store.db
    .selectFrom("signing_keys")
    .selectAll()
    .orderBy("created_at")
    // The first two are made at the same time: the one that signs comes before the next one.
    .orderBy("active_at", (order) => order.asc().nullsLast())
    .orderBy("kid");
  return (await query.execute()).map(toRecord);
}

/**
 * Add a key, unless its state may be had only once and is taken.
 *
 * @returns whether it was added
 */
export function insertSigningKey(store: Store, key: SigningKeyRecord): Promise<boolean> {
  return insertKey(store.db, key);
}

/**
 * Add the first two keys: both, or none.
 *
 * @returns false when there is a key that signs already
 */
export async function insertFirstKeys(
  store: Store,
  { active, next }: { readonly active: SigningKeyRecord; readonly next: SigningKeyRecord },
): Promise<boolean> {
  return store.db.transaction().execute(async (trx) => {
    const isFirst = await insertKey(trx, active);
    if (isFirst) {
      // A next key may be left of an earlier start: then that one stays.
      await insertKey(trx, next);
    }
    return isFirst;
  });
}

async function insertKey(db: Kysely<Schema>, key: SigningKeyRecord): Promise<boolean> {
  const result = await db
    .insertInto("signing_keys")
    .values(toRow(key))
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/**
 * Publish another key in place of the next one: whole, or not at all.
 *
 * @returns false when the key of that `kid` is no longer the next one
 */
export async function replaceNextKey(
  store: Store,
  { kid, successor }: { readonly kid: string; readonly successor: SigningKeyRecord },
): Promise<boolean> {
  return store.db.transaction().execute(async (trx) => {
    await lockSigningKeys(trx, store.dialect);
    const removed = await trx
      .updateTable("signing_keys")
      .set({ state: "removed", private_sealed: null })
      .where("kid", "=", kid)
      .where("state", "=", "next")
      .executeTakeFirst();
    if (removed.numUpdatedRows === 0n) {
      return false;
    }
    await trx.insertInto("signing_keys").values(toRow(successor)).execute();
    return true;
  });
}

/** A change of the guard: `next` signs from now on, `active` only verifies, and `successor` is published. */
export interface KeyPromotion {
  readonly activeKid: string;
  readonly nextKid: string;
  readonly successor: SigningKeyRecord;
  readonly nowMs: number;
}

/**
 * Carry out a promotion: whole, or not at all.
 *
 * @returns false when another server was faster
 */
export async function promoteSigningKey(store: Store, promotion: KeyPromotion): Promise<boolean> {
  const { activeKid, nextKid, successor, nowMs } = promotion;
  return store.db.transaction().execute(async (trx) => {
    await lockSigningKeys(trx, store.dialect);
    const retired = await trx
      .updateTable("signing_keys")
      .set({ state: "retired", retired_at: nowMs })
      .where("kid", "=", activeKid)
      .where("state", "=", "active")
      .executeTakeFirst();
    // Of many servers, exactly one sees it active.
    if (retired.numUpdatedRows === 0n) {
      return false;
    }
    await trx
      .updateTable("signing_keys")
      .set({ state: "active", active_at: nowMs })
      .where("kid", "=", nextKid)
      .where("state", "=", "next")
      .executeTakeFirstOrThrow();
    await trx.insertInto("signing_keys").values(toRow(successor)).execute();
    return true;
  });
}

/** What came of removing a key at once. */
export interface KeyRemoval {
  /** The key that signs from now on. */
  readonly activeKid: string;
  /** What the servers learn of it. */
  readonly revocations: readonly RevocationRecord[];
}

/**
 * Remove a key at once, revoke all that it has signed, and fill its place: whole, or not at all.
 *
 * @param removal the key, and `successor`: a new key, published in place of the one that moves up or was removed
 * @returns undefined when there is no such key, or it was removed before
 */
export async function removeSigningKey(
  store: Store,
  { kid, successor, nowMs }: { kid: string; successor: SigningKeyRecord; nowMs: number },
): Promise<KeyRemoval | undefined> {
  const removal = await store.db.transaction().execute(async (trx) => {
    const keys = trx.updateTable("signing_keys");
    const before = await lockSigningKeys(trx, store.dialect);
    const state = before.find((key) => key.kid === kid)?.state;
    if (state === undefined || state === "removed") {
      return undefined;
    }
    await keys.set({ state: "removed", private_sealed: null }).where("kid", "=", kid).execute();
    if (state === "active") {
      await keys.set({ state: "active", active_at: nowMs }).where("state", "=", "next").execute();
    }
    if (state !== "retired") {
      await trx.insertInto("signing_keys").values(toRow(successor)).execute();
    }
    const revocation = { issuer: OWN_ISSUER, dimension: "kid", value: kid, beforeMs: undefined } as const;
    const revocations = await writeRevocations(trx, store.dialect, [
      { ...revocation, revokedAtMs: nowMs, reason: "key_compromised" },
    ]);
    const active = trx.selectFrom("signing_keys").select("kid").where("state", "=", "active");
    return { activeKid: (await active.executeTakeFirstOrThrow()).kid, revocations };
  });
  announceRevocations(store, removal?.revocations);
  return removal;
}

/** Lock all keys, always in one order, so that two servers that change keys at the same time do not deadlock. */
function lockSigningKeys(trx: Kysely<Schema>, dialect: Store["dialect"]) {
  const query = trx.selectFrom("signing_keys").select(["kid", "state"]).orderBy("kid");
  return (dialect === "postgres" ? query.forUpdate() : query).execute();
}

/**
 * Remove the keys that were retired before a time, and forget their private halves.
 *
 * @returns the keys that this call removed
 */
export async function removeRetiredKeys(store: Store, retiredBeforeMs: number): Promise<readonly string[]> {
  const rows = await store.db
    .updateTable("signing_keys")
    .set({ state: "removed", private_sealed: null })
    .where("state", "=", "retired")
    .where("retired_at", "<", retiredBeforeMs)
    .returning("kid")
    .execute();
  return rows.map(({ kid }) => kid);
}

function toRow(key: SigningKeyRecord): Selectable<SigningKeyTable> {
  return {
    kid: key.kid,
    algorithm: key.algorithm,
    public_jwk: key.publicJwk,
    private_sealed: key.privateSealed ?? null,
    state: key.state,
    created_at: key.createdAtMs,
    active_at: key.activeAtMs ?? null,
    retired_at: key.retiredAtMs ?? null,
  };
}

function toRecord(row: Selectable<SigningKeyTable>): SigningKeyRecord {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    publicJwk: row.public_jwk,
    privateSealed: row.private_sealed ?? undefined,
    // Written by toRow and the updates above only.
    state: row.state as SigningKeyState,
    createdAtMs: row.created_at,
    activeAtMs: row.active_at ?? undefined,
    retiredAtMs: row.retired_at ?? undefined,
  };
}
