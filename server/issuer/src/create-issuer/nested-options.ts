import { assertOptions, NUMBER, OBJECT, type OptionForm, SWITCH, TEXT } from "@countersign/server/internal";
import type { PasswordCost } from "../credentials/password.ts";
import type { CreateIssuerOptions, InsecureCreateIssuerOptions, SecretFile } from "./options.ts";

type Forms<Options> = Readonly<Record<keyof Options, OptionForm>>;

const INSECURE_FORMS: Forms<InsecureCreateIssuerOptions> = {
  failOpen: SWITCH,
  allowHttp: SWITCH,
  sharedFiles: SWITCH,
  passwordCost: OBJECT,
};
const COST_FORMS: Forms<PasswordCost> = { memoryKib: NUMBER, passes: NUMBER };
const REPLACES_FORMS: Forms<NonNullable<CreateIssuerOptions["replaces"]>> = { url: TEXT, audience: TEXT };
const SECRET_FORMS: Forms<SecretFile> = { file: TEXT, createIfMissing: SWITCH };
const STORE_FORMS = { sqlite: TEXT, postgres: TEXT, listenUrl: TEXT };

/**
 * Assert that what stands in options of `createIssuer` has names that are known, and is of its kind: plain JavaScript does not
 * know the types.
 *
 * @throws TypeError that names it, and what was meant
 */
export function assertNestedOptions(options: CreateIssuerOptions): void {
  const { store, secret, replaces = {}, insecure = {} } = options;
  assertOptions("option store of createIssuer", store, STORE_FORMS);
  if (!(secret instanceof Uint8Array)) {
    assertOptions("option secret of createIssuer", secret, SECRET_FORMS);
  }
  assertOptions("option replaces of createIssuer", replaces, REPLACES_FORMS);
  assertOptions("option insecure of createIssuer", insecure, INSECURE_FORMS);
  assertOptions("insecure.passwordCost of createIssuer", insecure.passwordCost ?? {}, COST_FORMS);
}
