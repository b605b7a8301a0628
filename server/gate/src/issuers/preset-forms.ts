import { isText, type OptionForm, TEXT } from "../kernel/option-forms.ts";
import { areHeaders } from "../keys/request-headers.ts";

/** The form of every option of a preset: a misspelt one could have made it stricter. */
export type OptionForms<Options> = { readonly [Name in keyof Options]-?: OptionForm };

/** One name, or several. */
export type Texts = string | readonly string[];

/** Write one name, or several, as a list. */
export function toList(texts: Texts): readonly string[] {
  return typeof texts === "string" ? [texts] : texts;
}

/** Write one name, or several, as a list, where there are any. */
export function toOptionalList(texts: Texts | undefined): readonly string[] | undefined {
  return texts === undefined ? undefined : toList(texts);
}

export const NAMES: OptionForm = {
  says: "must be a non-empty text, or a list of some",
  accepts: (value) => isText(value) || (Array.isArray(value) && value.length > 0 && value.every(isText)),
};
/** Write what claims must say as required claims, where there is something that they must. */
export function toRequiredClaims(
  claims: Readonly<Record<string, Texts | undefined>>,
): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    Object.entries(claims).flatMap(([name, texts]) => (texts === undefined ? [] : [[name, toList(texts)]])),
  );
}

/**
 * Assert that keys which are given stand alone: options that say how to fetch them would change nothing.
 *
 * @param option the option of the preset that has the keys
 * @throws TypeError that names the options which are set beside it
 */
export function assertNothingFetched(
  preset: string,
  option: string,
  fetching: Readonly<Record<string, unknown>>,
): void {
  const names = Object.keys(fetching).filter((name) => fetching[name] !== undefined);
  if (names.length > 0) {
    throw new TypeError(
      `${preset} takes no ${names.join(", ")} beside ${option}: keys that are given are not fetched`,
    );
  }
}

/** Leave out the slash at the end of a URL, which claim `iss` of a provider never has, and people write. */
export function withoutLastSlash(url: string): string {
  return url.replace(/\/$/, "");
}

const HOST: OptionForm = {
  says: "must be a host such as login.example.com, without https:// and without a path",
  accepts: (value) =>
    isText(value) && URL.canParse(`https://${value}`) && new URL(`https://${value}`).host === value,
};
/** A URL that names an issuer, or what it publishes. */
export const LOCATION: OptionForm = {
  says: "must be a URL such as https://login.example.com/acme, without query and fragment",
  accepts: isLocation,
};
/** What stands between two slashes of a URL, and cannot lead out of there. */
const ONE_SEGMENT = /^(?!\.{1,2}$)[\w.~:-]{1,128}$/;
/** An identifier that is one segment of a path. */
export const SEGMENT: OptionForm = {
  says: "must be one identifier of at most 128 letters, digits and -._~:",
  accepts: (value) => isText(value) && ONE_SEGMENT.test(value),
};
export const BYTES: OptionForm = {
  says: "must be a Uint8Array",
  accepts: (value) => value instanceof Uint8Array,
};
export const FUNCTION: OptionForm = {
  says: "must be a function",
  accepts: (value) => typeof value === "function",
};
export const FIELDS: OptionForm = {
  says: "must be header fields, each of them text, or a function that returns them",
  accepts: (value) => typeof value === "function" || areHeaders(value),
};
/** What Entra calls its authorities for several tenants, none of which is one. */
const NO_TENANTS: ReadonlySet<string> = new Set(["common", "organizations", "consumers"]);
export const TENANT: OptionForm = {
  says: "must be the id of one tenant, not common, organizations or consumers",
  accepts: isTenant,
};
export const TENANTS: OptionForm = {
  says: "must be a list of the ids of tenants, or a function that says whether one is allowed",
  accepts: (value) =>
    typeof value === "function" || (Array.isArray(value) && value.length > 0 && value.every(isTenant)),
};

export const REQUIRED_TEXT: OptionForm = { ...TEXT, isRequired: true };
export const REQUIRED_NAMES: OptionForm = { ...NAMES, isRequired: true };
export const REQUIRED_SEGMENT: OptionForm = { ...SEGMENT, isRequired: true };
export const REQUIRED_HOST: OptionForm = { ...HOST, isRequired: true };
export const REQUIRED_LOCATION: OptionForm = { ...LOCATION, isRequired: true };

function isLocation(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value)) {
    return false;
  }
  const { protocol, search, hash, username, password } = new URL(value);
  return /^https?:$/.test(protocol) && [search, hash, username, password].every((part) => part === "");
}

function isTenant(value: unknown): boolean {
  return (
    isText(value) &&
    /^[\w.-]+$/.test(value) &&
    ONE_SEGMENT.test(value) &&
    !NO_TENANTS.has(value.toLowerCase())
  );
}
