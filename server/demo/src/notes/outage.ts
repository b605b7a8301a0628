import { AuthError } from "@countersign/server";

/** How long a client should wait before it tries again, in milliseconds. */
const RETRY_AFTER_MS = 1_000;

const SQLITE_BUSY = 5;

/**
 * SQLite's primary result codes for a file that cannot be used just now: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
 */
const SQLITE_UNAVAILABLE: ReadonlySet<number> = new Set([SQLITE_BUSY, 6, 8, 10, 13, 14]);

/** Postgres has no connection, no room or no time, or it only reads; or the network says so (`ECONNREFUSED`). */
const POSTGRES_UNAVAILABLE = /^(08|53|57014|57P|25006|40001|40P01|55P03|58|E(?!RR_))/;

/** What pg says, without a code, when a connection ends under a query or there is none. */
const PG_CONNECTION_LOST =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|query read timeout|not queryable/i;

/** Turn the error of a database that cannot be used just now into one that clients retry; leave others as they are. */
export function toOutage(error: unknown): unknown {
  if (!isOutage(error)) {
    return error;
  }
  const options = { cause: error, retryAfterMs: RETRY_AFTER_MS };
  return new AuthError("AUTH_UNAVAILABLE", "the notes cannot be used just now", options);
}

/** Check whether another connection to a SQLite database keeps this one from writing. */
export function isBusy(error: unknown): boolean {
  return sqliteCodeOf(error) === SQLITE_BUSY;
}

function isOutage(error: unknown): boolean {
  const sqliteCode = sqliteCodeOf(error);
  if (sqliteCode !== undefined) {
    return SQLITE_UNAVAILABLE.has(sqliteCode);
  }
  if (!(error instanceof Error)) {
    return false;
  }
  const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
  return code === undefined ? PG_CONNECTION_LOST.test(error.message) : POSTGRES_UNAVAILABLE.test(code);
}

/** The low byte of an extended result code is the primary one. */
function sqliteCodeOf(error: unknown): number | undefined {
  const hasCode = error instanceof Error && "errcode" in error && typeof error.errcode === "number";
  return hasCode ? Number(error.errcode) & 0xff : undefined;
}
