import type { IssuerOptions } from "@countersign/server";
import { assertOptionNames, type IssuerHost, resolveIssuer } from "@countersign/server/internal";
import type { FederatedIssuer } from "../credentials/federated-identity.ts";

/** Another issuer whose tokens can be exchanged for ours, and what they are worth here. */
export interface FederatedIssuerOptions {
  /**
   * How its tokens are verified for an exchange. `audiences` default to ours and to our `url`: a token that names us as
   * its authorization server is meant for exchange (RFC 7523 §3).
   */
  readonly issuer: IssuerOptions;
  /** The claim that identifies its subjects. Default: the one that `claims.subject` of `issuer` says, else `sub`. */
  readonly subjectClaim?: string | undefined;
  /** What each of its subjects can be granted, whatever its token says. Default: nothing. */
  readonly scopes?: readonly string[] | undefined;
  /** Our roles, by what its claim of roles says. Default: none. */
  readonly roles?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Claims that a token must have, with exactly these values. Default: none. */
  readonly requiredClaims?: Readonly<Record<string, string>> | undefined;
  /** Our values of claim `acr`, by its own. Default: none is taken over. */
  readonly acr?: Readonly<Record<string, string>> | undefined;
  /** The values of claim `amr` that are taken over (RFC 8176). Default: none. */
  readonly amr?: readonly string[] | undefined;
  /**
   * How long a session of its subjects can be refreshed without a new token of it, in milliseconds. Default: not at
   * all, so that no subject is signed in here for longer than there.
   */
  readonly refreshForMs?: number | undefined;
  /**
   * Whether its tokens authenticate clients only, each of those that `clients` have as `trust`, and are exchanged for
   * nothing: for an issuer with whom many strangers have a subject, such as GitHub Actions. Default: false.
   */
  readonly clientsOnly?: boolean | undefined;
}

/** Every option of another issuer: one that is new does not compile before it stands here. */
const OPTION_NAMES = {
  issuer: true,
  subjectClaim: true,
  scopes: true,
  roles: true,
  requiredClaims: true,
  acr: true,
  amr: true,
  refreshForMs: true,
  clientsOnly: true,
} satisfies Record<keyof FederatedIssuerOptions, true>;

/**
 * Fill in the defaults of another issuer.
 *
 * @throws TypeError when its options make no sense
 */
export function resolveFederatedIssuer(
  options: FederatedIssuerOptions,
  { url, ...host }: IssuerHost & { readonly url: string },
): FederatedIssuer {
  const { refreshForMs, clientsOnly = false } = options;
  assertOptionNames("a federated issuer", options, OPTION_NAMES);
  if (refreshForMs !== undefined && !(refreshForMs > 0)) {
    throw new TypeError("refreshForMs must be a positive number of milliseconds");
  }
  const issuer = { ...options.issuer, audiences: options.issuer.audiences ?? [host.audience, url] };
  return {
    trusted: resolveIssuer(issuer, host),
    subjectClaim: options.subjectClaim,
    scopes: options.scopes ?? [],
    roles: new Map(Object.entries(options.roles ?? {})),
    required: new Map(Object.entries(options.requiredClaims ?? {})),
    acr: new Map(Object.entries(options.acr ?? {})),
    amr: new Set(options.amr),
    refreshForMs,
    clientsOnly,
  };
}
