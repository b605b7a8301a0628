import { oneOf } from "../errors/facts.ts";
import { describeForeignError } from "../errors/foreign-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import type { Claims, ClaimValue } from "./claim-source.ts";
import { ownMember } from "./claim-source.ts";
import { invalidClaim } from "./read-claims.ts";

/** What an issuer's tokens must have, and must not have, beside what every token must. */
export interface ClaimRules {
  /** The values that a claim may have, by its name at the top of the token: exactly one of these. */
  readonly required: ReadonlyMap<string, readonly ClaimValue[]>;
  /** Claims that a token must have, whatever they say, short of nothing. */
  readonly present: readonly string[];
  /** Claims that refuse a token, whatever their value is. */
  readonly forbidden: readonly string[];
}

/**
 * Assert that a token has what its issuer's options require, and nothing that they forbid: what tells access tokens of
 * an issuer from its other tokens.
 *
 * @throws AuthError `TOKEN_INVALID`
 */
export function assertClaimRules(claims: Claims, { required, present, forbidden }: ClaimRules): void {
  for (const [name, values] of required) {
    const got = ownMember(claims, name);
    if (!values.some((value) => value === got)) {
      throw invalidClaim(`${name} does not have a value that is required`, {
        expected: () => oneOf(values),
        got,
      });
    }
  }
  for (const name of present) {
    if (NOTHING.has(ownMember(claims, name))) {
      throw invalidClaim(`${name} is missing`, { expected: "any value", got: ownMember(claims, name) });
    }
  }
  for (const name of forbidden) {
    if (Object.hasOwn(claims, name)) {
      throw invalidClaim(`${name} is one that is refused`, {
        expected: undefined,
        got: ownMember(claims, name),
      });
    }
  }
}

/** What a claim says that an issuer writes though it has nothing to say. */
const NOTHING: ReadonlySet<unknown> = new Set([undefined, null, ""]);

/** Which tenants of an issuer are trusted, where claim `iss` holds the tenant. */
export interface TenantRule {
  /** The claim that names the tenant too. */
  readonly claim: string;
  /** What stands before the tenant in claim `iss`. */
  readonly before: string;
  /** What stands behind it. */
  readonly after: string;
  /** Check whether a tenant is trusted. Anything but `true` is no. */
  isAllowed(tenant: string): unknown;
}

/** A tenant is one segment of a path, or a label of a host: nothing in it can end either. */
const TENANT = /^(?!\.{1,2}$)[\w.~-]{1,128}$/;

/** Check whether a text can be the name of a tenant. */
function isTenant(value: unknown): value is string {
  return typeof value === "string" && TENANT.test(value);
}

/** What the name of a tenant may be made of, or nothing. */
const TENANT_CHARACTERS = /^[\w.~-]*$/;

/** Check whether one value of claim `iss` could be that of a tenant of either issuer. */
export function overlap(one: TenantRule, other: TenantRule): boolean {
  const [shortBefore, before] = byLength(one.before, other.before);
  const [shortAfter, after] = byLength(one.after, other.after);
  return (
    before.startsWith(shortBefore) &&
    after.endsWith(shortAfter) &&
    TENANT_CHARACTERS.test(before.slice(shortBefore.length)) &&
    TENANT_CHARACTERS.test(after.slice(0, after.length - shortAfter.length))
  );
}

function byLength(one: string, other: string): readonly [shorter: string, longer: string] {
  return one.length <= other.length ? [one, other] : [other, one];
}

/** Check whether claim `iss` of a token is that of a tenant, trusted or not. */
export function isOfTenant(iss: string, { before, after }: TenantRule): boolean {
  return (
    iss.startsWith(before) &&
    iss.endsWith(after) &&
    isTenant(iss.slice(before.length, iss.length - after.length))
  );
}

/**
 * Assert that a token is of one tenant, and of one that is trusted: claim `iss` is that of the tenant that its claim
 * names.
 *
 * @throws AuthError `TOKEN_INVALID`
 */
export function assertTenant(claims: Claims, iss: string, rule: TenantRule): void {
  const tenant = ownMember(claims, rule.claim);
  if (!isTenant(tenant)) {
    throw invalidClaim(`${rule.claim} does not name a tenant`, {
      check: "tenant",
      expected: "the name of a tenant",
      got: tenant,
    });
  }
  if (rule.before + tenant + rule.after !== iss) {
    throw invalidClaim(`${rule.claim} is not the tenant that iss names`, {
      check: "tenant",
      expected: iss,
      got: tenant,
      hint: "tenant_mismatch",
    });
  }
  let isAllowed: unknown;
  try {
    isAllowed = rule.isAllowed(tenant);
  } catch (cause) {
    const got = `error: ${describeForeignError(cause)}`;
    throw refuseTenant({ cause, facts: { expected: toExpectedAnswer(tenant), got } });
  }
  // A promise is truthy: only true itself allows.
  if (isAllowed !== true) {
    throw refuseTenant({ facts: toAnswerFacts(tenant, isAllowed) });
  }
}

function toExpectedAnswer(tenant: string): string {
  return `true or false of the function in tenants, for ${tenant}`;
}

/** Say what the function answered, if that says neither yes nor no: else all users of a tenant are shut out in silence. */
function toAnswerFacts(tenant: string, answer: unknown) {
  if (answer === false) {
    return { expected: "a tenant that is allowed", got: tenant };
  }
  if (answer instanceof Promise) {
    // It may reject, and no code waits for it.
    answer.catch(() => undefined);
    return { expected: toExpectedAnswer(tenant), got: "a promise" };
  }
  return { expected: toExpectedAnswer(tenant), got: answer };
}

interface TenantRefusal {
  readonly cause?: unknown;
  readonly facts: { readonly expected: string; readonly got: unknown };
}

function refuseTenant({ cause, facts: { expected, got } }: TenantRefusal) {
  return createRefusal("TOKEN_INVALID", "the tenant is not trusted", {
    cause,
    facts: { check: "tenant", expected, got },
  });
}
