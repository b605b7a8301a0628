import { createHash } from "node:crypto";
import type { Principal } from "@countersign/server";
import { AuthError } from "@countersign/server";
import type { TrustedIssuer } from "@countersign/server/internal";
import type { Authentication, ExternalSubject } from "../store/session-record.ts";

/** An issuer whose tokens can be exchanged for ours, and what they are worth here. */
export interface FederatedIssuer {
  /** How its tokens are verified. */
  readonly trusted: TrustedIssuer;
  /** The claim that identifies its subjects; undefined: the one that its tokens are verified with. */
  readonly subjectClaim: string | undefined;
  /** What each of its subjects can be granted, whatever its token says. */
  readonly scopes: readonly string[];
  /** Our roles, by what its claim of roles says. */
  readonly roles: ReadonlyMap<string, readonly string[]>;
  /** Claims that a token must have, with exactly these values. */
  readonly required: ReadonlyMap<string, string>;
  /** Our values of claim `acr`, by its own. Default: none is taken over. */
  readonly acr?: ReadonlyMap<string, string>;
  /** The values of claim `amr` that are taken over (RFC 8176). Default: none. */
  readonly amr?: ReadonlySet<string>;
  /**
   * How long a session of its subjects can be refreshed without a new token of it, in milliseconds. Default: not at
   * all, so that no subject is signed in here for longer than there.
   */
  readonly refreshForMs?: number | undefined;
  /** Whether its tokens authenticate clients only, and are exchanged for nothing. Default: they are exchanged, too. */
  readonly clientsOnly?: boolean | undefined;
}

/** Whom a token of another issuer stands for here. */
export interface FederatedIdentity extends Authentication {
  /** No subject of ours, nor of a third issuer, is ever the same. */
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** When the token expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
  /** Who the subject is to its issuer. */
  readonly external: ExternalSubject;
  /** How long a session can be refreshed without another token, in milliseconds; undefined: not at all. */
  readonly refreshForMs: number | undefined;
  /** The token as it was verified. */
  readonly principal: Principal;
}

/**
 * Find whom a token of an issuer stands for, and what that is worth here.
 *
 * @param principal the token as it was verified
 * @throws AuthError `CREDENTIALS_INVALID` when it lacks a claim that is required, or names no subject
 */
export function toIdentity(issuer: FederatedIssuer, principal: Principal): FederatedIdentity {
  assertRequiredClaims(issuer, principal);
  const external = readSubject(issuer, principal);
  if (typeof external !== "string" || external === "") {
    throw invalid("the claim of the token that names its subject is not a non-empty text");
  }
  return {
    subject: toFederatedSubject(principal.issuer, external),
    external: { issuer: principal.issuer, subject: external, session: principal.sessionId },
    scopes: issuer.scopes,
    roles: [...new Set(principal.roles.flatMap((role) => issuer.roles.get(role) ?? []))],
    ...toAuthentication(issuer, principal),
    expiresAtMs: principal.expiresAtSeconds * 1_000,
    refreshForMs: issuer.refreshForMs,
    principal,
  };
}

function readSubject({ subjectClaim }: FederatedIssuer, { claims, subject }: Principal): unknown {
  if (subjectClaim === undefined) {
    return subject;
  }
  return Object.hasOwn(claims, subjectClaim) ? claims[subjectClaim] : undefined;
}

/** @throws AuthError `CREDENTIALS_INVALID` when a token lacks a claim that is required */
export function assertRequiredClaims({ required }: FederatedIssuer, { claims }: Principal): void {
  for (const [name, value] of required) {
    if (!Object.hasOwn(claims, name) || claims[name] !== value) {
      throw invalid("a claim of the token does not have the value that is required here");
    }
  }
}

/** Values that were not declared are left out: another issuer may mean something else by them. */
function toAuthentication(
  { acr, amr }: FederatedIssuer,
  { authTimeSeconds, expiresAtSeconds, claims }: Principal,
): Authentication {
  // A sign-in after the end of the token, such as one in milliseconds, says nothing.
  const isKnown = authTimeSeconds !== undefined && authTimeSeconds <= expiresAtSeconds;
  const methods: readonly unknown[] = Array.isArray(claims.amr) ? claims.amr : [];
  return {
    authTimeMs: isKnown ? Math.floor(authTimeSeconds * 1_000) : undefined,
    acr: typeof claims.acr === "string" ? acr?.get(claims.acr) : undefined,
    amr: methods.filter((method) => typeof method === "string").filter((method) => amr?.has(method)),
  };
}

/** What sessions of the subjects of an issuer may go on with now; undefined: they may not. */
export function toExternalTerms({
  refreshForMs,
  scopes,
  roles,
}: FederatedIssuer):
  | { readonly refreshForMs: number; readonly scopes: readonly string[]; readonly roles: readonly string[] }
  | undefined {
  return refreshForMs === undefined
    ? undefined
    : { refreshForMs, scopes, roles: [...new Set([...roles.values()].flat())] };
}

/** Hash issuer and subject together: of any length, and no two pairs the same. */
export function toFederatedSubject(issuer: string, subject: string): string {
  const text = JSON.stringify([issuer, subject]);
  return `ext_${createHash("sha256").update(text).digest("base64url")}`;
}

function invalid(rule: string, cause?: unknown): AuthError {
  return new AuthError("CREDENTIALS_INVALID", rule, { cause });
}
