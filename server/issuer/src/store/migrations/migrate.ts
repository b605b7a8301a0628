import { type Kysely, sql, type Transaction } from "kysely";
import { lockUntilCommit } from "../advisory-locks.ts";
import { firstLight } from "./0001-first-light.ts";
import { clients } from "./0002-clients.ts";
import { cluster } from "./0003-cluster.ts";
import { origins } from "./0004-origins.ts";
import { lastingRevocations } from "./0005-lasting-revocations.ts";
import { sessionUses } from "./0006-session-uses.ts";
import { claimsAndResources } from "./0007-claims-and-resources.ts";
import { sessionIndexes } from "./0008-session-indexes.ts";
import { changedClaims } from "./0009-changed-claims.ts";
import { externalSessions } from "./0010-external-sessions.ts";
import { boundSessions } from "./0011-bound-sessions.ts";
import { clientCertificates } from "./0012-client-certificates.ts";
import type { AnyTables, Migration, StoreDialect } from "./migration.ts";
import { createSchemaVersions, readSchemaVersion, recordStep, type SchemaVersion } from "./schema-version.ts";

const MIGRATIONS: readonly Migration[] = [
  firstLight,
  clients,
  cluster,
  origins,
  lastingRevocations,
  sessionUses,
  claimsAndResources,
  sessionIndexes,
  changedClaims,
  externalSessions,
  boundSessions,
  clientCertificates,
];

/** The version of the tables that this program makes. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** The tables were made by a newer release, and this one cannot work with them. */
export class StoreTooNewError extends Error {
  override readonly name = "StoreTooNewError";
}

/** There is no database, or it has no tables of Countersign, and none may be made. */
export class StoreMissingError extends Error {
  override readonly name = "StoreMissingError";
}

/**
 * Bring the tables to the version that this program knows.
 *
 * All steps run in one transaction under a lock, so that servers that start together do not get in each
 * other's way, and one that dies half-way leaves nothing behind. Tables that a newer program has made stay as they
 * are, if this one can work with them.
 *
 * @throws Error when a newer version of the program has made tables that this one cannot work with
 */
export async function migrate<T>(db: Kysely<T>, dialect: StoreDialect): Promise<void> {
  await db.transaction().execute(async (trx) => {
    // Migrations name tables as they were at their time, so they cannot use the types of today's.
    const tables = trx as unknown as Transaction<AnyTables>;
    if (dialect === "postgres") {
      // Whatever the database has set for its users: a step that is cut can never be done.
      await sql`set local statement_timeout = 0`.execute(tables);
      await sql`set local lock_timeout = 0`.execute(tables);
      await sql`set local idle_in_transaction_session_timeout = 0`.execute(tables);
      await lockUntilCommit(tables, dialect, "migrations");
    }
    await createSchemaVersions(tables);
    const found = await readSchemaVersion(tables);
    assertNotTooNew(found);
    for (const step of MIGRATIONS.filter(({ version }) => version > found.version)) {
      await step.up(tables, dialect);
      await recordStep(tables, step);
    }
  });
}

/**
 * Look whether this program can work with the tables as they are, and change nothing.
 *
 * @throws StoreMissingError when there are none
 * @throws Error when they are too old or too new
 */
export async function assertMigrated<T>(db: Kysely<T>, dialect: StoreDialect): Promise<void> {
  const { version } = await findSchemaVersion(db, dialect);
  if (version === 0) {
    throw new StoreMissingError("the database has no tables of Countersign: start the issuer on it first");
  }
  if (version < SCHEMA_VERSION) {
    throw new Error(
      `the database has schema version ${version}, and this version of Countersign works with ` +
        `${SCHEMA_VERSION}: update the issuer first, which brings its database up to date`,
    );
  }
}

/**
 * Look whether {@link migrate} has anything to do, which needs a user that may change the schema.
 *
 * @throws Error as `migrate` does
 */
export async function isMigrated<T>(db: Kysely<T>, dialect: StoreDialect): Promise<boolean> {
  return (await findSchemaVersion(db, dialect)).version >= SCHEMA_VERSION;
}

/**
 * Find how far the tables have come.
 *
 * @returns version 0: there are none
 * @throws StoreTooNewError when this program cannot work with them
 */
export async function findSchemaVersion<T>(db: Kysely<T>, dialect: StoreDialect): Promise<SchemaVersion> {
  // As in `migrate`.
  const tables = db as unknown as Kysely<AnyTables>;
  const listing =
    dialect === "sqlite"
      ? sql`select 1 from sqlite_master where type = 'table' and name = 'schema_versions'`
      : sql`select 1 where to_regclass('schema_versions') is not null`;
  const { rows } = await listing.execute(tables);
  const found = rows.length === 0 ? { version: 0, minVersion: 0 } : await readSchemaVersion(tables);
  assertNotTooNew(found);
  return found;
}

function assertNotTooNew({ version, minVersion }: SchemaVersion): void {
  if (minVersion > SCHEMA_VERSION) {
    const needs = minVersion === version ? "" : `, which needs programs that know ${minVersion},`;
    throw new StoreTooNewError(
      `the database has schema version ${version}${needs} and this version of Countersign knows none beyond ` +
        `${SCHEMA_VERSION}: use the version that made it, or a newer one`,
    );
  }
}
