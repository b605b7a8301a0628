import { existsSync } from "node:fs";
import { join } from "node:path";
import { loadSecretFile } from "../issue/secret-file.ts";
import { type Bus, SILENT_BUS } from "../store/bus.ts";
import { openDatabase, type Store } from "../store/database.ts";
import type { Config } from "./config.ts";
import { CommandError } from "./usage-error.ts";

/**
 * Open the store that the settings name, and bring it up to date.
 *
 * @param bus carries words between the processes of this server: Postgres has a bus of its own, SQLite has not
 * @throws CommandError when it cannot be opened, or is of a newer version
 */
export async function openStore(config: Config, bus: Bus = SILENT_BUS): Promise<Store> {
  const { databaseUrl, dataDir } = config;
  try {
    return await openDatabase(databaseUrl === undefined ? { dataDir, bus } : { url: databaseUrl });
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
