import { existsSync, readdirSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { type IssuerAdmin, openIssuerAdmin, StoreMissingError } from "@countersign/issuer/internal";
import type { MessageBus } from "@countersign/server";
import type { Config } from "./config.ts";
import { makeDataFolder } from "./data-folder.ts";
import { explainIssuerError } from "./issuer-errors.ts";
import { openAudit } from "./open-audit.ts";
import { DATABASE_FILE, databaseFileOf, storeOf } from "./store-settings.ts";
import { CommandError } from "./usage-error.ts";

/** Whether a command may make the store. */
export interface CreationChoice {
  /** Its user has said so. */
  readonly isAsked: boolean;
  /** It has an option to say so. */
  readonly isPossible: boolean;
}

/** The settings that a command opens its store by. */
type CommandConfig = Pick<
  Config,
  "auditFile" | "databaseListenUrl" | "databaseUrl" | "dataDir" | "insecureSharedFiles" | "secretFile"
>;

/**
 * Open what a command runs on. Servers that run on the same store learn from it of what has changed.
 *
 * @param bus what they learn it over. It stays open. Default: the store
 * @throws CommandError when the store or the audit file is not usable, or the store is missing and must not be made
 */
export async function openCommandBackend(
  config: CommandConfig,
  creation: CreationChoice,
  bus?: MessageBus,
): Promise<IssuerAdmin> {
  if (config.databaseUrl === undefined) {
    if (creation.isAsked) {
      makeDataFolder(config.dataDir);
    }
    // Before anything else is opened: in a wrong folder, nothing is made.
    else if (!existsSync(databaseFileOf(config))) {
      throw toMissingError(config, creation);
    }
  }
  await using opened = new AsyncDisposableStack();
  const audit = opened.use(
    openAudit(config, (error) => {
      throw error;
    }),
  );
  const admin = opened.use(await openAdmin(config, { creation, audit, bus }));
  const resources = opened.move();
  return { ...admin, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

interface AdminParts {
  readonly creation: CreationChoice;
  readonly audit: ReturnType<typeof openAudit>;
  readonly bus: MessageBus | undefined;
}

async function openAdmin(config: CommandConfig, { creation, audit, bus }: AdminParts): Promise<IssuerAdmin> {
  try {
    return await openIssuerAdmin({
      store: storeOf(config),
      audit,
      bus,
      createIfMissing: creation.isAsked,
      sharedFiles: config.insecureSharedFiles,
    });
  } catch (error) {
    throw error instanceof StoreMissingError
      ? toMissingError(config, creation)
      : explainIssuerError(error, config);
  }
}

/** Create the error that names where a store was looked for, and what to do. */
function toMissingError(
  { databaseUrl, dataDir }: Pick<Config, "databaseUrl" | "dataDir">,
  { isPossible }: CreationChoice,
): CommandError {
  const [where, advice] =
    databaseUrl === undefined
      ? [
          `there is no database of Countersign in ${resolve(dataDir)}${nameOtherDatabase(dataDir)}`,
          "name another folder with --data-dir",
        ]
      : ["the database of --database-url has no tables of Countersign", "name another database"];
  const making = isPossible ? "make it now with --create" : "start countersign serve, which makes it";
  return new CommandError(`${where}: ${advice}, or ${making}`);
}

/** Name a database in the folder that may be the one that is meant; empty when there is none. */
function nameOtherDatabase(dataDir: string): string {
  const isFolder = statSync(dataDir, { throwIfNoEntry: false })?.isDirectory() === true;
  const names = isFolder ? readdirSync(dataDir).toSorted() : [];
  const other = names.find((name) => /\.(db|sqlite3?)$/.test(name) && name !== DATABASE_FILE);
  return other === undefined ? "" : ` (it has ${other}, but commands work on ${DATABASE_FILE} only)`;
}
