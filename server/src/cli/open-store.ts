import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadSecretFile } from "../issue/secret-file.ts";
import { type Bus, SILENT_BUS } from "../store/bus.ts";
import { openDatabase, type Store, type StoreOptions } from "../store/database.ts";
import type { Config } from "./config.ts";
import { CommandError } from "./usage-error.ts";

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
  try {
    const location = databaseUrl === undefined ? { dataDir, bus } : { url: databaseUrl };
    return await openDatabase(location, { onOutage });
  } catch (cause) {
    throw new CommandError(`the store cannot be opened: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Read the key-encryption key. With SQLite, and for the demo, it is made when it is missing; with Postgres it must
 * be there, since all servers on one database share it.
 *
 * @throws CommandError when it is missing or is none
 */
export function readSecret(
  config: Config,
  mode: { readonly isDemo: boolean } = { isDemo: false },
): Uint8Array {
  const path = config.secretFile ?? join(config.dataDir, "secret");
  const create = config.databaseUrl === undefined || mode.isDemo;
  if (!create && !existsSync(path)) {
    throw new CommandError(
      `the secret file ${path} is missing: every server on one Postgres needs the same one. ` +
        `Make it once with: (umask 077; openssl rand 32 | basenc --base64url > ${path})`,
    );
  }
  try {
    return loadSecretFile(path, { create });
  } catch (cause) {
    throw new CommandError(messageOf(cause), { cause });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "unknown error";
}
