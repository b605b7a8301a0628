import { isTrustDomainId } from "../authenticate/spiffe-id.ts";
import {
  assertOptions,
  isText,
  narrowing,
  OBJECT,
  type OptionForm,
  SECONDS,
  SWITCH,
  TEXT,
  TEXTS,
} from "../kernel/option-forms.ts";
import { assertLogoutOptions } from "../logouts/logout-options.ts";
import { assertClaimSources } from "./claim-forms.ts";
import type { InsecureIssuerOptions, IssuerOptions, TenantOptions } from "./issuer-options.ts";

/** Where the tenant stands in the name of an issuer that has some. */
export const TENANT_PLACE = "{tenantid}";

const ANY_TEXTS: OptionForm = { says: "must be a list of non-empty texts", accepts: isListOf(isText) };

const ISSUER_FORMS: Readonly<Record<keyof IssuerOptions, OptionForm>> = {
  issuer: {
    says: "must be a non-empty text: the exact value of claim iss",
    accepts: isText,
    isRequired: true,
  },
  identifiedBy: {
    says: 'must be "iss" or "spiffe_id"',
    accepts: (value) => value === "iss" || value === "spiffe_id",
  },
  tenants: OBJECT,
  audiences: TEXTS,
  tokenAudience: {
    says: "must be a non-empty text, or a list of these",
    accepts: (value) => isText(value) || TEXTS.accepts(value),
  },
  algorithms: TEXTS,
  types: TEXTS,
  keys: { says: "must say where its keys are", accepts: isObject, isRequired: true },
  claims: OBJECT,
  requiredClaims: narrowing(OBJECT),
  presentClaims: narrowing(ANY_TEXTS),
  forbiddenClaims: narrowing(ANY_TEXTS),
  requireProfileClaims: narrowing(SWITCH),
  signals: narrowing(OBJECT),
  logout: narrowing(OBJECT),
  sharedSignals: narrowing(OBJECT),
  insecure: OBJECT,
};

const TENANT_FORMS: Readonly<Record<keyof TenantOptions, OptionForm>> = {
  claim: TEXT,
  allowed: {
    says: "must be a list of tenants, or a function that says whether one is allowed",
    accepts: (value) => typeof value === "function" || isListOf(isText)(value),
    isRequired: true,
  },
};

const INSECURE_FORMS: Readonly<Record<keyof InsecureIssuerOptions, OptionForm>> = {
  allowMissingType: SWITCH,
  allowMissingIssuedAt: SWITCH,
  allowMissingSubject: SWITCH,
  allowMissingAudience: SWITCH,
  maxTokenLifeSeconds: SECONDS,
  allowHttpHosts: ANY_TEXTS,
};

/**
 * Assert that the options of an issuer are of the form that their types say.
 *
 * @throws TypeError that names the issuer, the option, and what was meant
 */
export function assertIssuerOptions(options: IssuerOptions): void {
  const what = `issuer ${toName(options)}`;
  assertOptions(what, options, ISSUER_FORMS);
  const { claims = {}, insecure = {}, requiredClaims = {} } = options;
  assertClaimSources(`option claims of ${what}`, claims);
  assertOptions(`option insecure of ${what}`, insecure, INSECURE_FORMS);
  if (options.logout !== undefined) {
    assertLogoutOptions(options.issuer, options.logout);
  }
  for (const [name, value] of Object.entries(requiredClaims)) {
    if (!isClaimValue(value) && !(isListOf(isClaimValue)(value) && value.length > 0)) {
      throw new TypeError(
        `option requiredClaims of ${what}: ${name} must be a text, a finite number, true or false, or a list of such values`,
      );
    }
  }
  assertKind(what, options);
}

/** Anything may come from plain JavaScript. */
function toName(options: unknown): string {
  const { issuer }: { readonly issuer?: unknown } = Object(options);
  return isText(issuer) ? issuer : "without a name";
}

/** Assert that the name of an issuer is that of the kind that its other options say. */
function assertKind(what: string, { issuer, identifiedBy, tenants }: IssuerOptions): void {
  if (identifiedBy === "spiffe_id" && !isTrustDomainId(issuer)) {
    throw new TypeError(
      `${what} must be a trust domain, such as spiffe://acme.example, as its identifiedBy says`,
    );
  }
  const places = issuer.split(TENANT_PLACE).length - 1;
  if (tenants === undefined && places > 0) {
    throw new TypeError(`${what} has a place for tenants: option tenants must say which are allowed`);
  }
  if (tenants !== undefined) {
    assertOptions(`option tenants of ${what}`, tenants, TENANT_FORMS);
    if (places !== 1 || identifiedBy === "spiffe_id") {
      throw new TypeError(
        `${what} has option tenants: its name must have ${TENANT_PLACE} once, where iss has the tenant`,
      );
    }
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function isListOf<T>(isMember: (value: unknown) => value is T): (value: unknown) => value is readonly T[] {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(isMember);
}

function isClaimValue(value: unknown): value is string | number | boolean {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
