import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadSecretFile, openDatabase, type Store, type StoreOptions } from "@countersign/issuer";
import { type Bus, SILENT_BUS } from "@countersign/issuer/internal";
import type { Config } from "./config.ts";
import { makeDataFolder } from "./data-folder.ts";
import { reasonOf } from "./reason-of.ts";
import { CommandError } from "./usage-error.ts";

/** The database of a data folder. */
const DATABASE_FILE = "countersign.db";

/**
 * Open the store that the settings name, and bring it up to date.
 *
 * @param server the server that it is for. `bus` carries words between its processes: Postgres has a bus of its own,
 *   SQLite has not. `onOutage` is told why the database cannot be used
 * @throws CommandError when it cannot be opened, or is of a newer version
 */
export async function openStore(
  config: Config,
  { bus = SILENT_BUS, onOutage }: StoreOptions & { readonly bus?: Bus } = {},
): Promise<Store> {
  const { databaseUrl, dataDir } = config;
  if (databaseUrl === undefined) {
    makeDataFolder(dataDir);
  }
  try {
    const location =
      databaseUrl === undefined ? { sqlite: join(dataDir, DATABASE_FILE), bus } : { postgres: databaseUrl };
    return await openDatabase(location, { onOutage });
  } catch (cause) {
    const place = databaseUrl === undefined ? `in ${dataDir}` : `at ${hostOf(databaseUrl)}`;
    throw new CommandError(`the database ${place} cannot be opened: ${reasonOf(cause)}`, { cause });
  }
}

/**
 * Read the key-encryption key. With SQLite it is made when it is missing; with Postgres it must be there, since all
 * servers on one database share it.
 *
 * @param options `createsSecret`: make it with Postgres, too
 * @throws CommandError when it is missing or is none
 */
export function readSecret(
  config: Config,
  { createsSecret = false }: { readonly createsSecret?: boolean | undefined } = {},
): Uint8Array {
  const path = secretPath(config);
  const create = config.databaseUrl === undefined || createsSecret;
  if (!create && !existsSync(path)) {
    throw new CommandError(
      `the secret file ${path} is missing: every server on one Postgres needs the same one. ` +
        `Make it once with: (umask 077; openssl rand 32 | basenc --base64url > ${path})`,
    );
  }
  if (create && config.secretFile === undefined) {
    makeDataFolder(config.dataDir);
  }
  try {
    return loadSecretFile(path, { create });
  } catch (cause) {
    throw new CommandError(reasonOf(cause), { cause });
  }
}

/** Where the key-encryption key is. */
export function secretPath({ secretFile, dataDir }: Config): string {
  return secretFile ?? join(dataDir, "secret");
}

/** Where a database is, without the password that its URL may hold. */
function hostOf(databaseUrl: string): string {
  const { host, username } = URL.parse(databaseUrl) ?? {};
  // A slash in a password that is not percent-encoded ends the host: what stands there is the name and the password.
  if (host === undefined || (username === "" && databaseUrl.includes("@"))) return "that URL";
  return host === "" ? "its socket" : host;
}
