import { join } from "node:path";
import type { IssuerStoreLocation, SecretFile } from "@countersign/issuer";
import type { Config } from "./config.ts";
import { makeDataFolder } from "./data-folder.ts";

/** The database of a data folder. */
const DATABASE_FILE = "countersign.db";

/**
 * Find the store that the settings name, and make its folder.
 *
 * @throws CommandError when the folder cannot be used
 */
export function storeOf({ databaseUrl, dataDir }: Config): IssuerStoreLocation {
  if (databaseUrl !== undefined) {
    return { postgres: databaseUrl };
  }
  makeDataFolder(dataDir);
  return { sqlite: join(dataDir, DATABASE_FILE) };
}

/**
 * Find the file of the key-encryption key. With SQLite it may be made when it is missing; with Postgres it must be there,
 * since all servers on one database share it.
 *
 * @param options `createIfMissing`: it may be made with Postgres, too
 */
export function secretOf(
  config: Config,
  { createIfMissing = false }: { readonly createIfMissing?: boolean | undefined } = {},
): SecretFile {
  const file = config.secretFile ?? join(config.dataDir, "secret");
  return { file, createIfMissing: createIfMissing || config.databaseUrl === undefined };
}
