import { type TrustedIssuer, toShortType } from "../authenticate/issuers.ts";
import type { Clock } from "../kernel/clock.ts";
import type { IsolatedObserver } from "../kernel/observers.ts";
import type { SignatureAlgorithm } from "../keys/key-source.ts";
import type { IssuerSignals } from "./issuer-signals.ts";
import { type KeyOptions, resolveKeys } from "./key-options.ts";

/** One issuer whose tokens are accepted. */
export interface IssuerOptions {
  /** The exact value of claim `iss`. */
  readonly issuer: string;
  /** Whom its tokens must be meant for. Default: the audience of the server. */
  readonly audiences?: readonly string[] | undefined;
  /**
   * The audience of its tokens, where it is known: `createAuth` throws when it accepts no tokens for it. To name an
   * audience here does not make it accepted: `audiences` does. Default: not known.
   */
  readonly tokenAudience?: string;
  /**
   * The algorithms that it signs with. Default: EdDSA, Ed25519, ES256, PS256 and RS256; with a shared secret, HS256. Each
   * key is used for those that its type and curve can (RFC 8725 §3.1).
   */
  readonly algorithms?: readonly SignatureAlgorithm[] | undefined;
  /** The accepted values of header `typ`. Default: `at+jwt` (RFC 9068). */
  readonly types?: readonly string[] | undefined;
  /** Where its keys are. With several sources, a key of any of them may verify its tokens. */
  readonly keys: KeyOptions | readonly KeyOptions[];
  /** Which claims hold scopes and roles. Default: `scope` and `roles`. */
  readonly claims?: { readonly scopes?: string | undefined; readonly roles?: string | undefined } | undefined;
  /** Whether tokens must carry `jti` and `client_id` (RFC 9068 §2.2). Default: false. */
  readonly requireProfileClaims?: boolean;
  /**
   * What the issuer says of its tokens afterwards: revoked ones are refused, of whichever issuer, their streams end,
   * and streams are renewed through any of its servers. Default: nothing, short of `revocations`.
   */
  readonly signals?: IssuerSignals;
  /** What makes this issuer less safe than the standards ask. `onWarning` receives each at start. */
  readonly insecure?: InsecureIssuerOptions;
}

/** Relaxations for an issuer that cannot do better. */
export interface InsecureIssuerOptions {
  /** Take tokens without header `typ`, so that an ID token may pass for an access token. Default: false. */
  readonly allowMissingType?: boolean;
  /** Take tokens that live longer than a day, in seconds. Default: 86,400. */
  readonly maxTokenLifeSeconds?: number;
  /**
   * Hosts, each with its port as `keycloak:8080`, whose keys and metadata are fetched over `http://`: whoever is on the
   * way can replace the keys, and so be anybody. For private networks. Default: none but loopback.
   */
  readonly allowHttpHosts?: readonly string[] | undefined;
}

/** The longest life of an access token that is accepted, in seconds: a day. */
const MAX_TOKEN_LIFE_SECONDS = 24 * 60 * 60;
const DEFAULT_TYPES: readonly string[] = ["at+jwt"];

/** The server that trusts an issuer. */
export interface IssuerHost {
  readonly audience: string;
  readonly clock: Clock;
  /** Observes that keys are fetched. It must not throw. Default: none. */
  readonly observer?: IsolatedObserver;
  /** Receives a line when keys cannot be fetched, or are odd. Default: none. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/**
 * Fill in the defaults of an issuer.
 *
 * @throws TypeError when the keys are not given in exactly one way, or the algorithms are not for such keys
 */
export function resolveIssuer(options: IssuerOptions, server: IssuerHost): TrustedIssuer {
  const { algorithms, keys } = resolveKeys(options, server);
  return {
    issuer: options.issuer,
    audiences: options.audiences ?? [server.audience],
    algorithms,
    types: (options.types ?? DEFAULT_TYPES).map(toShortType),
    allowMissingType: options.insecure?.allowMissingType ?? false,
    maxLifeSeconds: options.insecure?.maxTokenLifeSeconds ?? MAX_TOKEN_LIFE_SECONDS,
    keys,
    claims: { scopes: options.claims?.scopes ?? "scope", roles: options.claims?.roles ?? "roles" },
    requireProfileClaims: options.requireProfileClaims ?? false,
  };
}

/** Describe the relaxations of an issuer, each as a sentence for the log. */
export function describeRelaxations({ issuer, insecure = {} }: IssuerOptions): readonly string[] {
  const { allowMissingType = false, maxTokenLifeSeconds, allowHttpHosts = [] } = insecure;
  return [
    ...(allowMissingType ? [`issuer ${issuer}: tokens without header typ are accepted`] : []),
    ...(maxTokenLifeSeconds === undefined
      ? []
      : [`issuer ${issuer}: tokens may live for ${maxTokenLifeSeconds} seconds`]),
    ...allowHttpHosts.map(
      (host) => `issuer ${issuer}: its keys may be fetched from ${host} over http, unprotected`,
    ),
  ];
}
