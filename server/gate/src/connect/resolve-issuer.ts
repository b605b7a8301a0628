import { createClaimReaders } from "../authenticate/claim-readers.ts";
import type { ClaimValue } from "../authenticate/claim-source.ts";
import type { ClaimRules, TenantRule } from "../authenticate/issuer-rules.ts";
import { type TrustedIssuer, toShortType } from "../authenticate/issuers.ts";
import type { OnOddClaim } from "../authenticate/read-words.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import { assertIssuerOptions, TENANT_PLACE } from "./issuer-forms.ts";
import type { IssuerOptions, TenantOptions } from "./issuer-options.ts";
import { resolveKeys } from "./key-options.ts";

/** The longest life of an access token that is accepted, in seconds: a day. */
const MAX_TOKEN_LIFE_SECONDS = 24 * 60 * 60;
const DEFAULT_TYPES: readonly string[] = ["at+jwt"];
/** That of Microsoft Entra, whose issuers with tenants are the most common. */
const DEFAULT_TENANT_CLAIM = "tid";

/** The server that trusts an issuer. */
export interface IssuerHost {
  readonly audience: string;
  readonly clock: Clock;
  /** Whether it learns what is revoked of any issuer. Default: only of those that have `signals`. */
  readonly hasRevocations?: boolean;
  /** Observes that keys are fetched. It must not throw. Default: none. */
  readonly observer?: IsolatedObserver;
  /** Receives a line when keys cannot be fetched, or are odd, and for each claim that is. Default: none. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Fill in the defaults of an issuer.
 *
 * @throws TypeError when an option is unknown or wrong, the keys are not given in exactly one way, or the algorithms are
 *   not for such keys
 */
export function resolveIssuer(options: IssuerOptions, server: IssuerHost): TrustedIssuer {
  assertIssuerOptions(options);
  const { issuer, tenants, claims = {}, requireProfileClaims = false, insecure = {} } = options;
  const { algorithms, keys } = resolveKeys(options, server);
  return {
    issuer,
    identifiedBy: options.identifiedBy ?? "iss",
    audiences: options.audiences ?? [server.audience],
    methodAudiences: [],
    algorithms,
    types: (options.types ?? DEFAULT_TYPES).map(toShortType),
    allowMissingType: insecure.allowMissingType ?? false,
    maxLifeSeconds: insecure.maxTokenLifeSeconds ?? MAX_TOKEN_LIFE_SECONDS,
    keys,
    claims: createClaimReaders(claims, requireProfileClaims),
    rules: toClaimRules(options),
    tenants: tenants && toTenantRule(issuer, tenants),
    allowMissing: {
      issuedAt: insecure.allowMissingIssuedAt ?? false,
      subject: insecure.allowMissingSubject ?? false,
      audience: insecure.allowMissingAudience ?? false,
    },
    requireProfileClaims,
    hasRevocations: requireProfileClaims || hasRevocations(options, server),
    clock: server.clock,
    onOddClaim: createOddClaims(issuer, server.onWarning),
  };
}

function hasRevocations(
  { signals, logout, sharedSignals }: IssuerOptions,
  { hasRevocations: learnsOfAll = false }: IssuerHost,
): boolean {
  return learnsOfAll || [signals, logout, sharedSignals].some((source) => source !== undefined);
}

function toClaimRules(options: IssuerOptions): ClaimRules {
  const { requiredClaims = {}, presentClaims = [], forbiddenClaims = [] } = options;
  const required = Object.entries(requiredClaims).map(
    ([name, value]) => [name, isList(value) ? [...value] : [value]] as const,
  );
  return { required: new Map(required), present: [...presentClaims], forbidden: [...forbiddenClaims] };
}

function isList(value: ClaimValue | readonly ClaimValue[]): value is readonly ClaimValue[] {
  return Array.isArray(value);
}

function toTenantRule(issuer: string, { claim = DEFAULT_TENANT_CLAIM, allowed }: TenantOptions): TenantRule {
  const [before = "", after = ""] = issuer.split(TENANT_PLACE);
  if (typeof allowed === "function") {
    return { claim, before, after, isAllowed: allowed };
  }
  const names = new Set(allowed);
  return { claim, before, after, isAllowed: (tenant) => names.has(tenant) };
}

/** Warn of each claim once: an issuer writes its claims in one way, and its options name few. */
function createOddClaims(issuer: string, onWarning: IssuerHost["onWarning"] = ignore): OnOddClaim {
  const told = new Set<string>();
  return (name, form) => {
    if (!told.has(name)) {
      told.add(name);
      onWarning(`issuer ${issuer}: claim ${name} of a token is not ${form}, and counts as absent`);
    }
  };
}

function ignore(): void {}
