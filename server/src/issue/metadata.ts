/** The members of a public key that are published; none of them is secret, whatever the key is (RFC 7518 §6). */
const PUBLIC_MEMBERS = ["kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"] as const;

/** A JWK Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)). */
export interface JwksDocument {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

/** Metadata of an authorization server ([RFC 8414 §2](https://www.rfc-editor.org/rfc/rfc8414#section-2)). */
export interface MetadataDocument {
  readonly issuer: string;
  readonly jwks_uri: string;
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
}

/** The same for clients of OpenID Connect, which look for it elsewhere and insist on more members. */
export interface OpenIdDocument extends MetadataDocument {
  readonly subject_types_supported: readonly string[];
  readonly id_token_signing_alg_values_supported: readonly string[];
}

/** Build the key set to publish: the public members of each key and nothing else. */
export function toJwksDocument(jwks: readonly Readonly<Record<string, unknown>>[]): JwksDocument {
  return { keys: jwks.map(toPublicMembers) };
}

/**
 * Build the metadata of the issuer, for `/.well-known/oauth-authorization-server`.
 *
 * Sign-in and refresh are RPCs, which these documents have no word for: both lists are empty, and no endpoint
 * is named.
 *
 * @param issuer the URL of this server, exactly as it stands in claim `iss` (RFC 8414 §3.3)
 */
export function toMetadataDocument(issuer: string): MetadataDocument {
  return {
    issuer,
    jwks_uri: `${issuer.replace(/\/$/, "")}/.well-known/jwks.json`,
    // Required even when it is empty.
    response_types_supported: [],
    // Absent would mean the authorization code grant.
    grant_types_supported: [],
  };
}

/** Build the same for `/.well-known/openid-configuration`, where verifiers look for the keys. */
export function toOpenIdDocument(issuer: string): OpenIdDocument {
  return {
    ...toMetadataDocument(issuer),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256"],
  };
}

function toPublicMembers(jwk: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const members = PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined);
  return Object.fromEntries(members.map((name) => [name, jwk[name]]));
}
