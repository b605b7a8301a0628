import type { Cancel, Clock } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import type { Store } from "../store/database.ts";
import { findSchemaVersion, SCHEMA_VERSION, StoreTooNewError } from "../store/migrations/migrate.ts";
import type { ResolvedIssuerOptions } from "./resolve-options.ts";

/** How often the version of the tables is read, in milliseconds: a newer program may change them while this one runs. */
const EVERY_MS = 60_000;

/** Where the version of the tables is read, and to whom it is reported. */
export interface SchemaWatchOptions
  extends Pick<ResolvedIssuerOptions, "observer" | "onError" | "onWarning"> {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Report the version of the tables now, and once a minute; and warn once when a newer program has made it.
 *
 * @returns stops it
 */
export async function watchSchema(options: SchemaWatchOptions): Promise<Cancel> {
  const { store, clock, observer, onWarning, onError } = options;
  let warnedOf = SCHEMA_VERSION;
  const read = async (): Promise<void> => {
    const { version } = await findSchemaVersion(store.db, store.dialect);
    observer.schemaRead?.({ version, knownVersion: SCHEMA_VERSION });
    if (version > warnedOf) {
      warnedOf = version;
      onWarning(
        `the database has schema version ${version}, which a newer version of Countersign has made: this one knows ` +
          `${SCHEMA_VERSION}, and works with it; update it before the tables change again`,
      );
    }
  };
  await read();
  const report = (error: unknown): void => {
    // What the store cannot answer just now is reported by the store.
    if (error instanceof StoreTooNewError) {
      onError(error, "this version of Countersign must not go on");
    }
  };
  return repeat(clock, () => void read().catch(report), EVERY_MS);
}
