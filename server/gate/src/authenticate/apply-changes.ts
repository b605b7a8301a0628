import type { ChangedClaims } from "../revoked/changed-claims.ts";
import { type Claims, ownMember } from "./claim-source.ts";
import { assertClaimRules } from "./issuer-rules.ts";
import type { TrustedIssuer } from "./issuers.ts";
import { createPrincipal, type Principal } from "./principal.ts";
import { isTime } from "./read-claims.ts";
import { readOptional } from "./read-identifiers.ts";
import { readAuthTime, readMethods } from "./read-proof.ts";
import { readWords } from "./read-words.ts";

/** Claims that say which token it is, whose, for whom and until when: those of the token stand. */
const FIXED: ReadonlySet<string> = new Set([
  ...["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "sid", "client_id", "azp", "cnf", "act"],
]);

/** Make of what a token says, and of what is said now, what counts: no more than the token was granted. */
type Narrow = (claim: unknown, value: unknown) => unknown;

/** How the user has signed in for the token. */
const PROOFS: ReadonlyMap<string, Narrow> = new Map<string, Narrow>([
  // Only the issuer knows which of two classes is the stronger one.
  ["acr", (claim, value) => (claim === value ? claim : undefined)],
  ["amr", narrowWords],
  ["auth_time", (claim, value) => (isTime(claim) && isTime(value) ? Math.min(claim, value) : undefined)],
]);

/**
 * Make of a principal what a token would say now, as far as that is known.
 *
 * Scopes are what the token was granted: they get fewer, and never more. The same holds for how the user has signed in, for the
 * roles of a token that was handed on (RFC 8693), and for what is changed of a client, which only limits what its tokens may say.
 *
 * @param issuer where its claims stand, and what they must be
 * @throws AuthError `TOKEN_INVALID` when the issuer's options would refuse a token that says so
 */
export function applyChanges(
  principal: Principal,
  changes: readonly ChangedClaims[],
  issuer: TrustedIssuer,
): Principal {
  const claims = changes.reduce<Claims>((before, change) => {
    const isLimit = principal.actor !== undefined || change.dimension === "client_id";
    return changeClaims(before, change.claims, toNarrows(issuer, isLimit));
  }, principal.claims);
  assertClaimRules(claims, issuer.rules);
  const roles = readWords(claims, issuer.claims.roles, issuer.onOddClaim);
  const { subject, issuer: name, clientId, sessionId, tokenId, audience, actor, keyId, binding } = principal;
  const { expiresAtSeconds, issuedAtSeconds } = principal;
  return createPrincipal(
    {
      subject,
      issuer: name,
      clientId,
      sessionId,
      tokenId,
      scopes: keepWords(readWords(claims, issuer.claims.scopes, issuer.onOddClaim), principal.scopes),
      roles: actor === undefined ? roles : keepWords(roles, principal.roles),
      audience,
      authTimeSeconds: readAuthTime(claims, issuer),
      acr: readOptional("acr", claims.acr, issuer),
      amr: readMethods(claims, issuer),
      actor,
      expiresAtSeconds,
      issuedAtSeconds,
      keyId,
      binding,
    },
    claims,
  );
}

/** @param isLimit whether roles get fewer only, as scopes always do */
function toNarrows({ claims }: TrustedIssuer, isLimit: boolean): ReadonlyMap<string, Narrow> {
  const scopes = ["scope", ...claims.scopes.map(({ name }) => name)];
  const roles = isLimit ? ["roles", ...claims.roles.map(({ name }) => name)] : [];
  return new Map([...PROOFS, ...[...scopes, ...roles].map((name) => [name, narrowWords] as const)]);
}

function changeClaims(
  before: Claims,
  changed: ChangedClaims["claims"],
  narrows: ReadonlyMap<string, Narrow>,
): Claims {
  const claims = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(changed)) {
    if (FIXED.has(name)) {
      continue;
    }
    const narrow = narrows.get(name);
    const next = narrow === undefined ? value : narrow(ownMember(before, name), value);
    if (next === undefined || next === null) {
      claims.delete(name);
    } else {
      claims.set(name, next);
    }
  }
  return Object.fromEntries(claims);
}

/** Keep those words of a claim that another value has, too. A claim of another form has none. */
function narrowWords(claim: unknown, value: unknown): unknown {
  const kept = keepWords(toWords(claim), toWords(value));
  return typeof claim === "string" ? kept.join(" ") : kept;
}

function toWords(value: unknown): readonly string[] {
  const words: readonly unknown[] = typeof value === "string" ? value.split(" ") : toList(value);
  return words.filter((word) => typeof word === "string");
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function keepWords(words: readonly string[], allowed: readonly string[]): readonly string[] {
  return Object.freeze(words.filter((word) => allowed.includes(word)));
}
