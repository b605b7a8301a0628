import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { IssuerStoreLocation, SecretFile } from "@countersign/issuer";
import type { Config } from "./config.ts";
import { CommandError, UsageError } from "./usage-error.ts";

/** The database of a data folder. */
export const DATABASE_FILE = "countersign.db";

/** Find the file of the database in the data folder. */
export function databaseFileOf({ dataDir }: Pick<Config, "dataDir">): string {
  return join(dataDir, DATABASE_FILE);
}

/** Find the store that the settings name. @throws UsageError when they name a listen URL, and no database for it */
export function storeOf(
  config: Pick<Config, "databaseListenUrl" | "databaseUrl" | "dataDir">,
): IssuerStoreLocation {
  const { databaseUrl, databaseListenUrl: listenUrl } = config;
  if (databaseUrl !== undefined) {
    return { postgres: databaseUrl, listenUrl };
  }
  if (listenUrl !== undefined) {
    throw new UsageError("--database-listen-url goes with --database-url");
  }
  return { sqlite: databaseFileOf(config) };
}

/** Find the path of the key-encryption key. */
export function secretFileOf({ secretFile, dataDir }: Pick<Config, "dataDir" | "secretFile">): string {
  return secretFile ?? join(dataDir, "secret");
}

/**
 * Find the file of the key-encryption key. It may be made only where the settings do not name it: a name that is misspelt
 * must not become a second secret.
 *
 * @param options `createIfMissing`: it may be made in the data folder. Default: false
 * @throws CommandError when the settings name a file that does not exist
 */
export function secretOf(
  config: Pick<Config, "dataDir" | "secretFile">,
  { createIfMissing = false }: { readonly createIfMissing?: boolean } = {},
): SecretFile {
  const { secretFile } = config;
  if (secretFile === undefined) {
    return { file: secretFileOf(config), createIfMissing };
  }
  if (!existsSync(secretFile)) {
    const path = resolve(secretFile);
    throw new CommandError(
      `the secret file ${path} is missing: name the one that all servers on this store have with --secret-file, or ` +
        `put it back from a backup. For a new store, make it with: (umask 077; openssl rand 32 | basenc --base64url > ${path})`,
    );
  }
  return { file: secretFile, createIfMissing: false };
}
