import type { Kysely } from "kysely";
import type { AnyTables, Migration } from "./migration.ts";

/** How far the tables of a database have come. */
export interface SchemaVersion {
  /** The version that the last step has made; 0: there are no tables yet. */
  readonly version: number;
  /** The lowest version of a program that can work with them. */
  readonly minVersion: number;
}

/**
 * The step that has added column `min_version`. No row records it, the column does: programs before this step refuse
 * tables with a row that is beyond them, although they can work with these.
 */
export const MIN_VERSION_STEP = 5;

/** Make the table of versions, if it is missing. */
export async function createSchemaVersions(db: Kysely<AnyTables>): Promise<void> {
  await db.schema
    .createTable("schema_versions")
    .ifNotExists()
    .addColumn("version", "integer", (column) => column.primaryKey())
    .execute();
}

/** Read how far the tables have come. */
export async function readSchemaVersion(db: Kysely<AnyTables>): Promise<SchemaVersion> {
  const rows = await db.selectFrom("schema_versions").selectAll().execute();
  const versions = rows.map((row) => Number(row.version));
  const minVersions = rows.map((row) => Number(row.min_version ?? row.version));
  const known = rows.some((row) => "min_version" in row) ? MIN_VERSION_STEP : 0;
  return { version: Math.max(known, ...versions), minVersion: Math.max(0, ...minVersions) };
}

/** Record that a step has been done. */
export async function recordStep(db: Kysely<AnyTables>, { version, minVersion }: Migration): Promise<void> {
  if (version === MIN_VERSION_STEP) {
    return;
  }
  const row = version < MIN_VERSION_STEP ? { version } : { version, min_version: minVersion ?? version };
  await db.insertInto("schema_versions").values(row).execute();
}
