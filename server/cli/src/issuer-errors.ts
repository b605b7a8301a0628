import { IssuerError } from "@countersign/issuer";
import { StoreNameError } from "@countersign/issuer/internal";
import type { Config } from "./config.ts";
import { reasonOf } from "./reason-of.ts";
import { SETTING_ENTRIES, SETTINGS } from "./settings.ts";
import { secretFileOf } from "./store-settings.ts";
import { CommandError, UsageError } from "./usage-error.ts";

const FLAGS = {
  url: { name: "issuer", setting: SETTINGS.issuer, change: SETTINGS.changeIssuerFrom },
  audience: { name: "audience", setting: SETTINGS.audience, change: SETTINGS.changeAudienceFrom },
} as const;

/** What says where the store is, and what opens its keys. */
type SecretStoreConfig = Pick<Config, "databaseUrl" | "dataDir" | "secretFile">;

/** Explain with the command's options why its issuer cannot be opened. Any other error is returned as it is. */
export function explainIssuerError(error: unknown, config: SecretStoreConfig): unknown {
  if (error instanceof StoreNameError) {
    return new CommandError(describeName(error), { cause: error });
  }
  if (error instanceof TypeError) {
    return toUsageError(error);
  }
  if (!(error instanceof IssuerError)) {
    return error;
  }
  const file = secretFileOf(config);
  const messages: Readonly<Partial<Record<IssuerError["reason"], string | undefined>>> = {
    SECRET_WRONG:
      `${file} is not the secret file that the keys in this database were made with: ` +
      "name that one with --secret-file, or put it back from a backup",
    STORE_UNAVAILABLE: describeFile(error, config),
    STORE_TOO_NEW: describeFile(error, config),
  };
  return new CommandError(messages[error.reason] ?? error.message, { cause: error });
}

/** Why a SQLite database cannot be opened; undefined with Postgres, whose message names the host. */
function describeFile(error: IssuerError, { databaseUrl, dataDir }: SecretStoreConfig): string | undefined {
  if (databaseUrl !== undefined) {
    return undefined;
  }
  return `the database in ${dataDir} cannot be opened: ${reasonOf(error.cause)}`;
}

/** An option of `createIssuer` that makes no sense is a setting of the command with the same name. */
function toUsageError(error: TypeError): unknown {
  const [, name = "", rule = ""] = /^(\w+)( must .*)$/s.exec(error.message) ?? [];
  const setting = SETTING_ENTRIES.find(([known]) => known === name)?.[1];
  return setting === undefined ? error : new UsageError(`--${setting.flag}${rule}`);
}

function describeName({ member, kept, asked }: StoreNameError): string {
  const { name, setting, change } = FLAGS[member];
  return (
    `the ${name} of this store is ${kept}, and --${setting.flag} says ${asked}: all servers on a store have the same. ` +
    `Start with --${setting.flag} ${kept}, or change it for good with --${setting.flag} ${asked} --${change.flag} ${kept}`
  );
}
