import type { ClaimSources } from "../authenticate/claim-readers.ts";
import type { ClaimValue } from "../authenticate/claim-source.ts";
import type { SignatureAlgorithm } from "../keys/key-source.ts";
import type { LogoutOptions } from "../logouts/logout-options.ts";
import type { IssuerSignals } from "./issuer-signals.ts";
import type { KeyOptions } from "./key-options.ts";
import type { SharedSignalsOptions } from "./shared-signals-options.ts";

/** One issuer whose tokens are accepted. */
export interface IssuerOptions {
  /**
   * The exact value of claim `iss`. For an issuer with tenants, with `{tenantid}` where claim `iss` has the tenant; for
   * one that is identified by SPIFFE IDs, its trust domain, such as `spiffe://acme.example`.
   */
  readonly issuer: string;
  /**
   * What tells that a token is of this issuer. `spiffe_id`: its tokens have no `iss`, and their `sub` is a SPIFFE ID of
   * the trust domain ([JWT-SVID §3](https://github.com/spiffe/spiffe/blob/main/standards/JWT-SVID.md#3-jwt-claims)).
   * Default: `iss`.
   */
  readonly identifiedBy?: "iss" | "spiffe_id" | undefined;
  /** Which tenants are trusted, where claim `iss` holds the tenant. Default: the issuer has none. */
  readonly tenants?: TenantOptions | undefined;
  /** Whom its tokens must be meant for. Default: the audience of the server. */
  readonly audiences?: readonly string[] | undefined;
  /**
   * The audience of its tokens, or the several that they can be for, where these are known: `createAuth` throws when it
   * accepts tokens for none of them. To name an audience here does not make it accepted: `audiences` does. Default: not
   * known.
   */
  readonly tokenAudience?: string | readonly string[] | undefined;
  /**
   * The algorithms that it signs with. Default: EdDSA, Ed25519, ES256, PS256 and RS256; with a shared secret, HS256. Each
   * key is used for those that its type and curve can (RFC 8725 §3.1).
   */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The accepted values of header `typ`. Default: `at+jwt` (RFC 9068). */
  readonly types?: readonly string[] | undefined;
  /** Where its keys are. With several sources, a key of any of them may verify its tokens. */
  readonly keys: KeyOptions | readonly KeyOptions[];
  /** Where scopes, roles, subject, client and audience stand in its tokens: see each. */
  readonly claims?: ClaimSources | undefined;
  /**
   * Claims that its tokens must have, by their exact names: with exactly this value, or one of these. Such as
   * `{ token_use: "access" }`, which ID tokens of the same issuer do not have. Default: none.
   */
  readonly requiredClaims?: Readonly<Record<string, ClaimValue | readonly ClaimValue[]>>;
  /**
   * Claims that its tokens must have, whatever they say, short of `null` and empty text. Such as `azp`, which ID tokens of the same
   * issuer do not have. Default: none.
   */
  readonly presentClaims?: readonly string[];
  /** Claims that refuse a token, whatever their value is: what only other tokens of the issuer have. Default: none. */
  readonly forbiddenClaims?: readonly string[];
  /** Whether tokens must carry `jti` and `client_id` (RFC 9068 §2.2). Default: false. */
  readonly requireProfileClaims?: boolean;
  /**
   * What the issuer says of its tokens afterwards: revoked ones are refused, of whichever issuer, their streams end,
   * and streams are renewed through any of its servers. Default: nothing, short of `revocations`.
   */
  readonly signals?: IssuerSignals;
  /**
   * The logouts that it sends: give it to `createLogoutReceiver` too, and what that returns to `createAuth` as `logouts`.
   * Default: none are taken, its tokens are good until they expire.
   */
  readonly logout?: LogoutOptions;
  /**
   * The security events that are sent about its sessions and accounts, such as CAEP and RISC: likewise for
   * `createLogoutReceiver`. Default: none are taken.
   */
  readonly sharedSignals?: SharedSignalsOptions;
  /** What makes this issuer less safe than the standards ask. `onWarning` receives each at start. */
  readonly insecure?: InsecureIssuerOptions | undefined;
}

/** The tenants of an issuer, each of which has a value of claim `iss` of its own. All share its keys. */
export interface TenantOptions {
  /** The claim that names the tenant beside `iss`: the two must agree. Default: `tid` (Microsoft Entra). */
  readonly claim?: string | undefined;
  /**
   * The tenants that are trusted: their names, or a function that returns `true` for those. It is asked when a token is
   * verified for the first time, and must not wait; what it throws refuses the token. A tenant's name is at most 128
   * letters, digits and `-._~`.
   */
  readonly allowed: readonly string[] | ((tenant: string) => boolean);
}

/** Relaxations for an issuer that cannot do better. */
export interface InsecureIssuerOptions {
  /** Take tokens without header `typ`, so that an ID token may pass for an access token. Default: false. */
  readonly allowMissingType?: boolean | undefined;
  /**
   * Take tokens without claim `iat`: what is left of their life when they are verified must not be too long then, and
   * whatever is revoked for their subject, session or client covers them. Default: false.
   */
  readonly allowMissingIssuedAt?: boolean | undefined;
  /** Take tokens whose subject is missing, `null` or empty: that of their principal is empty text. Default: false. */
  readonly allowMissingSubject?: boolean | undefined;
  /**
   * Take tokens without an audience, or with an empty one: a caller with a token of the issuer, for whatever server, can
   * use it here, but not for a method that names audiences of its own. Default: false.
   */
  readonly allowMissingAudience?: boolean | undefined;
  /** Take tokens that live longer than a day, in seconds. Default: 86,400. */
  readonly maxTokenLifeSeconds?: number | undefined;
  /**
   * Hosts, each with its port as `keycloak:8080`, whose keys and metadata are fetched over `http://`: an attacker on the
   * way can replace the keys, and so sign any token. For private networks. Default: none but loopback.
   */
  readonly allowHttpHosts?: readonly string[] | undefined;
}
