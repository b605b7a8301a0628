import { type Kysely, type Selectable, sql } from "kysely";
import type { RevocationTable } from "./cluster-schema.ts";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";

/** What a revocation goes by: the claim of an access token, or `kid` of its header. */
export type RevocationDimension = "sid" | "sub" | "jti" | "client_id" | "kid";

/** A revocation that is to be written. Times are milliseconds since 1970. */
export interface NewRevocation {
  readonly dimension: RevocationDimension;
  readonly value: string;
  /** Tokens that were issued later are good; undefined: none is. */
  readonly beforeMs: number | undefined;
  readonly revokedAtMs: number;
  /** Why, from a closed set of words. */
  readonly reason: string;
}

/** A revocation that every server on the store learns of. */
export interface RevocationRecord extends NewRevocation {
  /** Its place in the order in which revocations were committed. */
  readonly id: number;
}

/** Where servers listen for word that there are new revocations. */
export const REVOCATION_CHANNEL = "countersign_revocations";

/** Any number that nothing else in the database uses: it names the lock that writers of revocations hold on Postgres. */
const REVOCATION_LOCK = 5_211_502;

/** Stays below the limits on parameters of both databases. */
const BATCH_ROWS = 200;

/** Write revocations: all of them, or none. */
export function insertRevocations(
  store: Store,
  revocations: readonly NewRevocation[],
): Promise<readonly RevocationRecord[]> {
  return store.db.transaction().execute((trx) => writeRevocations(trx, store.dialect, revocations));
}

/** Write revocations inside a transaction, as the last of what it does: others wait from here until it is over. */
export async function writeRevocations(
  db: Kysely<Schema>,
  dialect: Store["dialect"],
  revocations: readonly NewRevocation[],
): Promise<readonly RevocationRecord[]> {
  if (revocations.length === 0) {
    return [];
  }
  // Postgres numbers rows when they are inserted and shows them when they are committed. One writer at a time makes
  // the two orders the same, so that no reader's cursor steps over a row. SQLite has one writer anyway.
  if (dialect === "postgres") {
    await sql`select pg_advisory_xact_lock(${sql.lit(REVOCATION_LOCK)})`.execute(db);
  }
  const records: RevocationRecord[] = [];
  for (let at = 0; at < revocations.length; at += BATCH_ROWS) {
    const rows = revocations.slice(at, at + BATCH_ROWS).map(toRow);
    const written = await db.insertInto("revocations").values(rows).returningAll().execute();
    records.push(...written.map(toRecord));
  }
  if (dialect === "postgres") {
    // Sent with the commit. Only a hint to look: the table is what counts.
    await sql`select pg_notify(${REVOCATION_CHANNEL}, '')`.execute(db);
  }
  return records;
}

/** List what was revoked after another revocation, in the order of the commits, at most `limit` of them. */
export async function listRevocationsAfter(
  store: Store,
  id: number,
  limit: number,
): Promise<readonly RevocationRecord[]> {
  const query = store.db.selectFrom("revocations").selectAll().where("id", ">", id);
  return (await query.orderBy("id").limit(limit).execute()).map(toRecord);
}

/** List what was revoked at or after a time, and the newest revocation whenever it was: it is where to go on from. */
export async function listRevocationsSince(
  store: Store,
  sinceMs: number,
): Promise<readonly RevocationRecord[]> {
  const rows = await store.db
    .selectFrom("revocations")
    .selectAll()
    .where((is) =>
      is.or([
        is("revoked_at", ">=", sinceMs),
        is("id", "=", (from) => from.selectFrom("revocations").select((of) => of.fn.max("id").as("id"))),
      ]),
    )
    .orderBy("id")
    .execute();
  return rows.map(toRecord);
}

type Row = Selectable<RevocationTable>;

function toRow(revocation: NewRevocation): Omit<Row, "id"> {
  return {
    dimension: revocation.dimension,
    value: revocation.value,
    issued_before: revocation.beforeMs ?? null,
    revoked_at: revocation.revokedAtMs,
    reason: revocation.reason,
  };
}

function toRecord(row: Row): RevocationRecord {
  return {
    id: row.id,
    // Only this file writes dimensions.
    dimension: row.dimension as RevocationDimension,
    value: row.value,
    beforeMs: row.issued_before ?? undefined,
    revokedAtMs: row.revoked_at,
    reason: row.reason,
  };
}
