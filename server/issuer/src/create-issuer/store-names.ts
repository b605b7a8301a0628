import type { Store } from "../store/database.ts";
import { findSetting, keepSetting, type StoreSettingName } from "../store/store-settings.ts";
import { StoreNameError } from "./issuer-error.ts";
import type { ResolvedIssuerOptions } from "./resolve-options.ts";

/** The names of the issuer in its tokens, and the options about them. */
export type IssuerNames = Pick<
  ResolvedIssuerOptions,
  "audience" | "onWarning" | "provisional" | "replaces" | "url"
>;

const SETTING_OF = { url: "issuer", audience: "audience" } as const satisfies Record<
  "url" | "audience",
  StoreSettingName
>;

/**
 * Refuse to run under another name than the other servers on the store, which would refuse its tokens. The first name
 * stays with the store. A provisional one, such as the address of a demo, does not.
 *
 * @throws IssuerError when the store belongs to another issuer, or its tokens are for another audience
 */
export async function assertStoreNames(store: Store, names: IssuerNames): Promise<void> {
  for (const member of ["url", "audience"] as const) {
    await (names.provisional.has(member)
      ? warnOfProvisional(store, member, names)
      : assertName(store, member, names));
  }
}

type Member = keyof typeof SETTING_OF;

async function assertName(store: Store, member: Member, names: IssuerNames): Promise<void> {
  const [name, value] = [SETTING_OF[member], names[member]];
  // Nearly every start: nothing is to be written, and a server can start although the disk is full.
  if ((await findSetting(store, name)) === value) {
    return;
  }
  const { kept, replaced } = await keepSetting(store, { name, value, replaces: names.replaces[member] });
  if (replaced !== undefined) {
    names.onWarning(`the store has another ${name} from now on: ${value}, before ${replaced}`);
  }
  if (kept !== value) {
    throw new StoreNameError(member, { kept, asked: value });
  }
}

async function warnOfProvisional(store: Store, member: Member, names: IssuerNames): Promise<void> {
  const name = SETTING_OF[member];
  const kept = await findSetting(store, name);
  if (kept !== undefined && kept !== names[member]) {
    names.onWarning(
      `the ${name} of this store is ${kept}, and this server runs with ${names[member]} without keeping it: ` +
        "the other servers on the store refuse its tokens",
    );
  }
}
