import { AuthError } from "@countersign/server";
import { systemClock } from "@countersign/server/internal";

/** How long a caller should wait when the store is down: long enough for a failover to make a difference. */
const RETRY_AFTER_MS = 1_000;

/** SQLite's primary result code for a file that another connection has locked. */
const SQLITE_BUSY = 5;

/**
 * SQLite's primary result codes for a file that cannot be used just now: BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
 */
const SQLITE_UNAVAILABLE: ReadonlySet<number> = new Set([SQLITE_BUSY, 6, 8, 10, 13, 14]);

/** Of these, those of a database that cannot be written: READONLY, IOERR, FULL. */
const SQLITE_UNWRITABLE: ReadonlySet<number> = new Set([8, 10, 13]);

/** Postgres: the disk is full or fails, the server only reads. */
const POSTGRES_UNWRITABLE = /^(53100|25006|58030)$/;

/**
 * Postgres: connections, resources, a server that stops or only reads, statements that took and locks that waited too
 * long, a transaction that has lost a prepared statement.
 */
const POSTGRES_UNAVAILABLE = /^(08|53|57014|57P|25006|25P02|40001|40P01|55P03|58)/;

const NETWORK_UNAVAILABLE: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
  "EPIPE",
  "ETIMEDOUT",
]);

/** What pg says, without a code, when a connection ends under a query or none can be had. */
const PG_CONNECTION_LOST =
  /connection terminated|timeout exceeded when trying to connect|timeout expired|query read timeout|not queryable/i;

/**
 * Turn the error of a database into one that callers understand.
 *
 * @returns `AUTH_UNAVAILABLE` when the database cannot be used just now; any other error as it is
 */
export function toStoreError(error: unknown): unknown {
  return isUnavailable(error)
    ? new AuthError("AUTH_UNAVAILABLE", "the store cannot be used just now", {
        cause: error,
        retryAfterMs: RETRY_AFTER_MS,
      })
    : error;
}

/** How often an outage is reported, in milliseconds: each call meets it, and one line says it all. */
const REPORT_EVERY_MS = 10_000;

/**
 * Create a {@link toStoreError} that reports outages, from time to time while they last.
 *
 * @param onOutage receives the reason why the database cannot be used
 */
export function createStoreErrors(onOutage: (cause: unknown) => void): typeof toStoreError {
  let nextAtMs = -Infinity;
  return (error) => {
    const translated = toStoreError(error);
    if (translated !== error && systemClock.monotonicMs() >= nextAtMs) {
      nextAtMs = systemClock.monotonicMs() + REPORT_EVERY_MS;
      onOutage(error);
    }
    return translated;
  };
}

/** Check whether an error of a database means that nothing can be written just now, though perhaps read. */
export function isUnwritable(error: unknown): boolean {
  const { sqlite, other } = codesOf(error);
  return sqlite === undefined ? POSTGRES_UNWRITABLE.test(other ?? "") : SQLITE_UNWRITABLE.has(sqlite);
}

/** SQLite's result code for a transaction that reads what another has changed since: its writes fail each time. */
const SQLITE_BUSY_SNAPSHOT = 517;

/** Check whether another connection keeps a SQLite database locked, so that the same statement can succeed later. */
export function isBusy(error: unknown): boolean {
  const { sqlite, extended } = codesOf(error);
  return sqlite === SQLITE_BUSY && extended !== SQLITE_BUSY_SNAPSHOT;
}

function isUnavailable(error: unknown): boolean {
  const { sqlite, other } = codesOf(error);
  if (sqlite !== undefined) {
    return SQLITE_UNAVAILABLE.has(sqlite);
  }
  if (other !== undefined) {
    return NETWORK_UNAVAILABLE.has(other) || POSTGRES_UNAVAILABLE.test(other);
  }
  return error instanceof Error && PG_CONNECTION_LOST.test(error.message);
}

/** Read the primary result code of SQLite, or the code of Postgres or of the system. */
function codesOf(error: unknown): {
  readonly sqlite?: number;
  readonly extended?: number;
  readonly other?: string;
} {
  const { code, errcode } = (error instanceof Error ? error : {}) as { code?: unknown; errcode?: unknown };
  if (code === "ERR_SQLITE_ERROR" && typeof errcode === "number") {
    // The low byte of an extended result code is the primary one.
    return { sqlite: errcode & 0xff, extended: errcode };
  }
  return typeof code === "string" ? { other: code } : {};
}
