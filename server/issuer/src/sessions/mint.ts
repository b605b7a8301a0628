import { randomUUID } from "node:crypto";
import type { TokenBinding } from "@countersign/server";
import type { SigningKey } from "../keys/signing-key.ts";
import type { CustomClaims } from "../store/custom-claims.ts";
import type { Actor, Authentication } from "../store/session-record.ts";

/** Whom our access tokens are from, and how long they last. */
export interface MintOptions {
  /** Claim `iss`. */
  readonly issuer: string;
  /** How long a token lasts at the most, in milliseconds. */
  readonly accessTtlMs: number;
}

/** What a token says about its bearer. */
export interface AccessGrant extends Authentication {
  readonly subject: string;
  readonly clientId: string;
  readonly sessionId: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** Claim `aud`: the resources that the token is for, at least one (RFC 9068 §3). */
  readonly audience: readonly string[];
  /** What it says beside. Default: nothing. */
  readonly claims?: CustomClaims;
  /** Who acts for the subject; undefined when the subject itself does. */
  readonly actor?: Actor | undefined;
  /** The key that its sender must prove with each use. Default: none. */
  readonly binding?: TokenBinding | undefined;
}

/** A new access token. */
export interface AccessToken {
  readonly token: string;
  /** Its claim `jti`. */
  readonly tokenId: string;
  /** When it expires, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

/**
 * Sign an access token ([RFC 9068 §2](https://www.rfc-editor.org/rfc/rfc9068#section-2)).
 *
 * Its times are whole seconds, rounded so that it never lasts longer than `accessTtlMs`, but for one second at
 * the least.
 */
export function mintAccessToken(
  options: MintOptions & { readonly key: SigningKey; readonly nowMs: number },
  grant: AccessGrant,
): AccessToken {
  const { issuer, accessTtlMs, key, nowMs } = options;
  const issuedAtSeconds = Math.floor(nowMs / 1_000);
  const expiresAtSeconds = Math.max(Math.floor((nowMs + accessTtlMs) / 1_000), issuedAtSeconds + 1);
  const tokenId = randomUUID();
  const [audience, ...others] = grant.audience;
  if (audience === undefined) {
    throw new TypeError("a token must be for one resource at the least");
  }
  const claims = {
    // First: what the issuer says itself goes before everything else.
    ...grant.claims,
    iss: issuer,
    sub: grant.subject,
    aud: others.length === 0 ? audience : [...grant.audience],
    exp: expiresAtSeconds,
    iat: issuedAtSeconds,
    jti: tokenId,
    client_id: grant.clientId,
    sid: grant.sessionId,
    // RFC 6749 §3.3: a scope is at least one word.
    ...(grant.scopes.length === 0 ? {} : { scope: grant.scopes.join(" ") }),
    roles: grant.roles,
    ...toAuthenticationClaims(grant),
    ...(grant.actor === undefined ? {} : { act: grant.actor }),
    ...(grant.binding === undefined ? {} : { cnf: toConfirmation(grant.binding) }),
  };
  const header = { alg: key.algorithm, kid: key.kid, typ: "at+jwt" };
  const content = `${toBase64Url(header)}.${toBase64Url(claims)}`;
  return { token: `${content}.${key.sign(content)}`, tokenId, expiresAtMs: expiresAtSeconds * 1_000 };
}

/** Write claim `cnf` ([RFC 9449 §6.1](https://www.rfc-editor.org/rfc/rfc9449#section-6.1), RFC 8705 §3.1). */
export function toConfirmation(binding: TokenBinding): Readonly<Record<string, string>> {
  return binding.kind === "dpop"
    ? { jkt: binding.jwkThumbprint }
    : { "x5t#S256": binding.certificateThumbprint };
}

/** Write a part of a token ([RFC 7515 §7.1](https://www.rfc-editor.org/rfc/rfc7515#section-7.1)). */
function toBase64Url(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** [RFC 9068 §2.2.1](https://www.rfc-editor.org/rfc/rfc9068#section-2.2.1): what is not known is left out. */
function toAuthenticationClaims({ authTimeMs, acr, amr = [] }: Authentication) {
  return {
    ...(authTimeMs === undefined ? {} : { auth_time: Math.floor(authTimeMs / 1_000) }),
    ...(acr === undefined ? {} : { acr }),
    ...(amr.length === 0 ? {} : { amr }),
  };
}
