import { type Revoked, readDimension } from "@countersign/server/internal";
import { type Kysely, type Selectable, sql } from "kysely";
import { longestAccessLifeMs, MAX_ACCESS_LIFE_MS } from "./access-lives.ts";
import { lockUntilCommit } from "./advisory-locks.ts";
import type { Store } from "./database.ts";
import { hintAtCommit, publishHint } from "./revocation-hints.ts";
import type { RevocationTable } from "./schema/revocations.ts";
import type { Schema } from "./schema.ts";

/**
 * Stands for the issuer that the store belongs to, by whichever name: a server whose address has changed still has the
 * sessions that it had. No claim `iss` is empty.
 */
export const OWN_ISSUER = "";

/** A revocation that is to be written. Times are milliseconds since 1970. */
export interface NewRevocation {
  /** Whose tokens: claim `iss`, or {@link OWN_ISSUER}. Absent: those of every issuer. */
  readonly issuer?: string | undefined;
  readonly dimension: Revoked["dimension"];
  readonly value: string;
  /** Tokens that were issued later are good; undefined: none is. */
  readonly beforeMs: number | undefined;
  readonly revokedAtMs: number;
  /** How long the tokens may last, in milliseconds, if that is longer than those of the store. */
  readonly minLifeMs?: number | undefined;
  /** Why, from a closed set of words. */
  readonly reason: string;
  /**
   * What the tokens say otherwise by now, by the names of the claims; `null`: the claim is gone. They are not revoked then.
   * Absent: they are revoked.
   */
  readonly changedClaims?: Readonly<Record<string, unknown>> | undefined;
}

/** How large changed claims may be as JSON, in bytes: each server keeps them in memory, and 500 of them in one message. */
const MAX_CHANGE_BYTES = 2_048;

/** Drop changed claims that are too large, so that the tokens are revoked instead: their clients get new ones. */
export function boundChange(changedClaims: NewRevocation["changedClaims"]): NewRevocation["changedClaims"] {
  const isSmall = Buffer.byteLength(JSON.stringify(changedClaims ?? {})) <= MAX_CHANGE_BYTES;
  return isSmall ? changedClaims : undefined;
}

/** A revocation that every server on the store learns of. */
export interface RevocationRecord extends NewRevocation {
  /** Its place in the order in which revocations were committed; 0: it could not be written yet. */
  readonly id: number;
  /** When no token that it is about can be valid any more. */
  readonly expiresAtMs: number;
}

/** Room for clocks that differ, and for tokens that are accepted a little past their time, in milliseconds. */
const MARGIN_MS = 5 * 60 * 1_000;

/** Stays below the limits on parameters of both databases. */
const BATCH_ROWS = 200;

/** Write revocations: all of them, or none. */
export async function insertRevocations(
  store: Store,
  revocations: readonly NewRevocation[],
): Promise<readonly RevocationRecord[]> {
  const written = await store.db
    .transaction()
    .execute((trx) => writeRevocations(trx, store.dialect, revocations));
  announceRevocations(store, written);
  return written;
}

/**
 * Let the servers on the bus that was given know of revocations that are committed. It is only a hint to look, and may get
 * lost, though not by an outage of this server's bus: the table is what counts. Those that listen on Postgres know already.
 */
export function announceRevocations(
  { hintBus }: Pick<Store, "hintBus">,
  written: readonly RevocationRecord[] = [],
): void {
  if (written.length > 0) {
    publishHint(hintBus);
  }
}

/**
 * Write revocations inside a transaction, as the last of what it does: others wait from here until it is over. Its commit asks
 * all that listen on Postgres to look. Then they are to be announced on the bus that was given.
 */
export async function writeRevocations(
  db: Kysely<Schema>,
  dialect: Store["dialect"],
  revocations: readonly NewRevocation[],
): Promise<readonly RevocationRecord[]> {
  if (revocations.length === 0) {
    return [];
  }
  await hintAtCommit(db, dialect);
  // Postgres numbers rows when they are inserted and shows them when they are committed. One writer at a time makes
  // the two orders the same, so that no reader's cursor steps over a row.
  await lockUntilCommit(db, dialect, "revocations");
  const lifeMs = await longestAccessLifeMs(db, Math.min(...revocations.map((one) => one.revokedAtMs)));
  const records: RevocationRecord[] = [];
  for (let at = 0; at < revocations.length; at += BATCH_ROWS) {
    const rows = revocations.slice(at, at + BATCH_ROWS).map((one) => toRow(one, toExpiryMs(one, lifeMs)));
    const written = await db.insertInto("revocations").values(rows).returningAll().execute();
    records.push(...written.map(toRecord));
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

/**
 * List what was revoked after another revocation and still matters, as {@link listRevocationsAfter} does. The newest is
 * among them in any case: it says how far the history goes.
 */
export async function listLiveRevocations(
  store: Store,
  { after, nowMs, limit }: { readonly after: number; readonly nowMs: number; readonly limit: number },
): Promise<readonly RevocationRecord[]> {
  const rows = await store.db
    .selectFrom("revocations")
    .selectAll()
    .where("id", ">", after)
    .where((where) =>
      where.or([
        where(sql<number>`coalesce(expires_at, revoked_at + ${sql.lit(UNKNOWN_LIFE_MS)})`, ">", nowMs),
        where("id", "=", (newest) =>
          newest.selectFrom("revocations").select((row) => row.fn.max("id").as("id")),
        ),
      ]),
    )
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(toRecord);
}

/** Find the number of the newest revocation; 0: there is none. */
export async function findNewestRevocation(store: Store): Promise<number> {
  const query = store.db.selectFrom("revocations").select("id").orderBy("id", "desc").limit(1);
  return (await query.executeTakeFirst())?.id ?? 0;
}

/** How long a row without `expires_at` is kept, in milliseconds: a server of schema version 4 has written it. */
export const UNKNOWN_LIFE_MS = MAX_ACCESS_LIFE_MS + MARGIN_MS;

/** Compute when no token that a revocation is about can be valid any more. @param lifeMs the longest that one lasts */
export function toExpiryMs(revocation: NewRevocation, lifeMs: number): number {
  const { revokedAtMs, beforeMs = revokedAtMs, minLifeMs = 0 } = revocation;
  return Math.max(revokedAtMs, beforeMs) + Math.max(lifeMs, minLifeMs) + MARGIN_MS;
}

type RevocationRow = Selectable<RevocationTable>;

function toRow(revocation: NewRevocation, expiresAtMs: number): Omit<RevocationRow, "id"> {
  return {
    dimension: revocation.dimension,
    value: revocation.value,
    issued_before: revocation.beforeMs ?? null,
    revoked_at: revocation.revokedAtMs,
    reason: revocation.reason,
    expires_at: expiresAtMs,
    issuer: revocation.issuer ?? null,
    changed_claims: revocation.changedClaims === undefined ? null : JSON.stringify(revocation.changedClaims),
  };
}

/** Only this file writes the column. */
function parseChangedClaims(json: string): NonNullable<NewRevocation["changedClaims"]> {
  return JSON.parse(json) as NonNullable<NewRevocation["changedClaims"]>;
}

function toRecord(row: RevocationRow): RevocationRecord {
  const record = {
    id: row.id,
    dimension: readDimension(row.dimension),
    value: row.value,
    beforeMs: row.issued_before ?? undefined,
    revokedAtMs: row.revoked_at,
    reason: row.reason,
    expiresAtMs: row.expires_at ?? row.revoked_at + UNKNOWN_LIFE_MS,
    issuer: row.issuer ?? undefined,
  };
  // A million are read when a server starts, and few have claims: to spread nothing takes as long as all of the rest.
  return row.changed_claims === null
    ? record
    : { ...record, changedClaims: parseChangedClaims(row.changed_claims) };
}
