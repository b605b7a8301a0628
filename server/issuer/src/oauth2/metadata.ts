import { PROOF_ALGORITHMS } from "@countersign/server/internal";
import { ASSERTION_ALGORITHMS } from "../credentials/client-keys.ts";
import { SIGNING_ALGORITHM } from "../keys/signing-key.ts";
import { GRANTS } from "./grants.ts";

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
  readonly token_endpoint: string;
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly token_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly revocation_endpoint: string;
  readonly revocation_endpoint_auth_methods_supported: readonly string[];
  readonly revocation_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly introspection_endpoint: string;
  readonly introspection_endpoint_auth_methods_supported: readonly string[];
  readonly introspection_endpoint_auth_signing_alg_values_supported: readonly string[];
  readonly response_types_supported: readonly string[];
  readonly grant_types_supported: readonly string[];
  /** What DPoP proofs may be signed with ([RFC 9449 §5.1](https://www.rfc-editor.org/rfc/rfc9449#section-5.1)). */
  readonly dpop_signing_alg_values_supported: readonly string[];
  /** Whether tokens can be bound to certificates ([RFC 8705 §3.3](https://www.rfc-editor.org/rfc/rfc8705#section-3.3)). */
  readonly tls_client_certificate_bound_access_tokens?: boolean;
  /** The endpoints that ask clients for a certificate ([RFC 8705 §5](https://www.rfc-editor.org/rfc/rfc8705#section-5)). */
  readonly mtls_endpoint_aliases?: Readonly<Record<string, string>>;
  /** The resources that tokens can be asked for ([RFC 9728 §4](https://www.rfc-editor.org/rfc/rfc9728#section-4)). */
  readonly protected_resources?: readonly string[];
}

/** How clients prove who they are at our endpoints, the best first. */
const CLIENT_AUTH_METHODS = ["private_key_jwt", "client_secret_basic", "client_secret_post"] as const;

/** The same with a certificate ([RFC 8705 §2](https://www.rfc-editor.org/rfc/rfc8705#section-2)). */
const CERTIFICATE_METHODS = ["tls_client_auth", "self_signed_tls_client_auth"] as const;

/** What the metadata say beside the name of the issuer. */
export interface MetadataParts {
  /** The resources that tokens can be asked for, beside the audience of the issuer. Default: none. */
  readonly resources?: readonly string[];
  /** The URL whose connections ask clients for a certificate. Default: there is none. */
  readonly mtlsUrl?: string | undefined;
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
 * Signing in with a password is an RPC, which these documents have no word for.
 *
 * @param issuer the URL of this server, exactly as it stands in claim `iss` (RFC 8414 §3.3)
 */
export function toMetadataDocument(issuer: string, parts: MetadataParts = {}): MetadataDocument {
  const { resources = [], mtlsUrl } = parts;
  const base = issuer.replace(/\/$/, "");
  // Public clients can refresh and revoke, but not ask about tokens (RFC 7662 §2.1).
  const methods = [...(mtlsUrl === undefined ? [] : CERTIFICATE_METHODS), ...CLIENT_AUTH_METHODS];
  const withPublic = [...methods, "none"];
  return {
    issuer,
    jwks_uri: `${base}/.well-known/jwks.json`,
    token_endpoint: `${base}/oauth2/token`,
    token_endpoint_auth_methods_supported: withPublic,
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    revocation_endpoint: `${base}/oauth2/revoke`,
    revocation_endpoint_auth_methods_supported: withPublic,
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    introspection_endpoint: `${base}/oauth2/introspect`,
    introspection_endpoint_auth_methods_supported: methods,
    introspection_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGORITHMS,
    // Required even when it is empty: there is no page to authorize at.
    response_types_supported: [],
    grant_types_supported: [...GRANTS.keys()],
    dpop_signing_alg_values_supported: PROOF_ALGORITHMS,
    ...(mtlsUrl === undefined ? {} : toCertificateMembers(mtlsUrl)),
    ...(resources.length === 0 ? {} : { protected_resources: resources }),
  };
}

/** Build the same for `/.well-known/openid-configuration`, where verifiers look for the keys. */
export function toOpenIdDocument(issuer: string, parts: MetadataParts = {}): OpenIdDocument {
  return {
    ...toMetadataDocument(issuer, parts),
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: [SIGNING_ALGORITHM],
  };
}

function toCertificateMembers(mtlsUrl: string) {
  return {
    tls_client_certificate_bound_access_tokens: true,
    mtls_endpoint_aliases: {
      token_endpoint: `${mtlsUrl}/oauth2/token`,
      revocation_endpoint: `${mtlsUrl}/oauth2/revoke`,
      introspection_endpoint: `${mtlsUrl}/oauth2/introspect`,
    },
  };
}

function toPublicMembers(jwk: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const members = PUBLIC_MEMBERS.filter((name) => jwk[name] !== undefined);
  return Object.fromEntries(members.map((name) => [name, jwk[name]]));
}
