import type { Store } from "@countersign/issuer";
import { findSetting, keepSetting, type StoreSettingName } from "@countersign/issuer/internal";
import type { Logger } from "pino";
import type { ServerConfig } from "./server-config.ts";
import { SETTINGS, type SettingName } from "./settings.ts";
import { CommandError } from "./usage-error.ts";

/** What a server is called in its tokens, and what it is told of that. */
export interface ServerIdentity {
  readonly config: ServerConfig;
  /** The settings that were set, and not left to a default. */
  readonly given: ReadonlySet<SettingName>;
  readonly issuerUrl: string;
}

const CHANGES = { issuer: "changeIssuerFrom", audience: "changeAudienceFrom" } as const satisfies Record<
  StoreSettingName,
  SettingName
>;

/**
 * Refuse to run under another name than the other servers on the store, which would refuse its tokens. The first name
 * that is set stays with the store. A default, such as the address of a demo, is none that was set.
 *
 * @throws CommandError when the store belongs to another issuer, or its tokens are for another audience
 */
export async function assertStoreIdentity(
  store: Store,
  { config, given, issuerUrl }: ServerIdentity,
  log: Logger,
): Promise<void> {
  const values = { issuer: issuerUrl, audience: config.audience };
  for (const name of ["issuer", "audience"] as const) {
    await (given.has(name)
      ? assertSetting(store, { name, value: values[name], replaces: config[CHANGES[name]] }, log)
      : warnOfDefault(store, { name, value: values[name] }, log));
  }
}

interface Named {
  readonly name: StoreSettingName;
  readonly value: string;
}

async function assertSetting(
  store: Store,
  setting: Named & { readonly replaces: string | undefined },
  log: Logger,
): Promise<void> {
  const { name, value } = setting;
  // Nearly every start: nothing is to be written, and a server can start although the disk is full.
  if ((await findSetting(store, name)) === value) {
    return;
  }
  const { kept, replaced } = await keepSetting(store, setting);
  if (replaced !== undefined) {
    log.warn({ [name]: value, before: replaced }, `the store has another ${name} from now on`);
  }
  if (kept !== value) {
    const { flag } = SETTINGS[CHANGES[name]];
    throw new CommandError(
      `the ${name} of this store is ${kept}, and --${name} says ${value}: all servers on a store have the same. ` +
        `Start with --${name} ${kept}, or change it for good with --${name} ${value} --${flag} ${kept}`,
    );
  }
}

async function warnOfDefault(store: Store, { name, value }: Named, log: Logger): Promise<void> {
  const kept = await findSetting(store, name);
  if (kept !== undefined && kept !== value) {
    log.warn(
      { [name]: value, ofStore: kept },
      `--${name} is not set, and its default is not what the other servers on this store have`,
    );
  }
}
