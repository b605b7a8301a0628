import type { ClaimSources } from "../authenticate/claim-readers.ts";
import type { ClaimPath } from "../authenticate/claim-source.ts";
import { assertOptions, isText, type OptionForm, TEXT, TEXTS } from "../kernel/option-forms.ts";

/** What a place of claims can be. */
interface SourceForm {
  /** Whether it holds words: only these can be members of objects in a list, or the keys of an object. */
  readonly areWords: boolean;
  /** Whether several places can be named. */
  readonly areSeveral: boolean;
}

const SOURCES: Readonly<Record<keyof ClaimSources, SourceForm>> = {
  scopes: { areWords: true, areSeveral: true },
  roles: { areWords: true, areSeveral: true },
  subject: { areWords: false, areSeveral: true },
  clientId: { areWords: false, areSeveral: true },
  audience: { areWords: false, areSeveral: false },
};

const SOURCE: OptionForm = {
  says: "must be the name of a claim, or { path: [names] }",
  accepts: (value) => isText(value) || (typeof value === "object" && value !== null),
};

const CLAIM_FORMS: Readonly<Record<keyof ClaimSources, OptionForm>> = {
  scopes: SOURCE,
  roles: SOURCE,
  subject: SOURCE,
  clientId: SOURCE,
  audience: SOURCE,
};

const PATH_FORMS: Readonly<Record<keyof ClaimPath, OptionForm>> = {
  path: { ...TEXTS, isRequired: true },
  member: TEXT,
  objectKeys: { says: "must be true", accepts: (value) => value === true },
};

/**
 * Assert that the places of an issuer's claims are such.
 *
 * @param what has them, for errors
 * @throws TypeError that names what is wrong, and what was meant
 */
export function assertClaimSources(what: string, claims: ClaimSources): void {
  assertOptions(what, claims, CLAIM_FORMS);
  for (const [name, { areWords, areSeveral }] of Object.entries(SOURCES)) {
    const given: unknown = claims[name as keyof ClaimSources]; // the table has no other keys
    const sources: readonly unknown[] = areSeveral && Array.isArray(given) ? given : [given];
    if (sources.length === 0) {
      throw new TypeError(`${what}: ${name} must name at least one claim`);
    }
    for (const source of sources.filter((each) => !isText(each) && given !== undefined)) {
      assertPath(`${name} in ${what}`, source, areWords);
    }
  }
}

function assertPath(what: string, source: unknown, areWords: boolean): void {
  if (!SOURCE.accepts(source) || Array.isArray(source)) {
    throw new TypeError(`${what} ${SOURCE.says}`);
  }
  assertOptions(what, source, PATH_FORMS);
  const { member, objectKeys }: Partial<ClaimPath> = Object(source);
  if (!areWords && (member !== undefined || objectKeys !== undefined)) {
    throw new TypeError(`${what} has no member and no objectKeys: scopes and roles can have them`);
  }
  if (member !== undefined && objectKeys !== undefined) {
    throw new TypeError(`${what} has member or objectKeys, and not both`);
  }
}
