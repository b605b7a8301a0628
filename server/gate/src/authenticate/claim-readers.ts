import {
  type ClaimSource,
  compileSource,
  compileWords,
  type ReadableClaim,
  type WordsClaim,
} from "./claim-source.ts";

/** Where the claims of an issuer stand that are not where RFC 9068 has them. */
export interface ClaimSources {
  /** What the token allows; several are joined. Default: `scope`. */
  readonly scopes?: ClaimSource | readonly ClaimSource[] | undefined;
  /** The roles of the account; several are joined. Default: `roles`. */
  readonly roles?: ClaimSource | readonly ClaimSource[] | undefined;
  /** Who the token is about; of several, the first that the token has. Default: `sub`. */
  readonly subject?: ClaimSource | readonly ClaimSource[] | undefined;
  /**
   * The client that it was issued to; of several, the first that the token has. Default: `client_id`, then `azp`; only
   * `client_id` with `requireProfileClaims`.
   */
  readonly clientId?: ClaimSource | readonly ClaimSource[] | undefined;
  /**
   * Whom the token is meant for, such as `client_id` (AWS Cognito) or `azp`. Name what tells its access tokens from
   * others in `requiredClaims` then. Default: `aud`.
   */
  readonly audience?: ClaimSource | undefined;
}

/** Where the claims of an issuer stand, ready to be read. */
export interface ClaimReaders {
  readonly scopes: readonly WordsClaim[];
  readonly roles: readonly WordsClaim[];
  readonly subject: readonly ReadableClaim[];
  readonly clientId: readonly ReadableClaim[];
  readonly audience: ReadableClaim;
}

/** RFC 9068 §2.2. */
const CLIENT_ID: readonly ClaimSource[] = ["client_id"];
/** Providers that follow OpenID Connect rather than RFC 9068 name the client in `azp`. */
const CLIENT_ID_OR_ALIAS: readonly ClaimSource[] = ["client_id", "azp"];

/**
 * Make the claims of an issuer readable: once, not with every token.
 *
 * @param sources where they stand
 * @param isProfile whether tokens must have what RFC 9068 §2.2 requires
 */
export function createClaimReaders(sources: ClaimSources, isProfile: boolean): ClaimReaders {
  const { scopes = "scope", roles = "roles", subject = "sub", audience = "aud" } = sources;
  const { clientId = isProfile ? CLIENT_ID : CLIENT_ID_OR_ALIAS } = sources;
  return {
    scopes: toList(scopes).map(compileWords),
    roles: toList(roles).map(compileWords),
    subject: toList(subject).map(compileSource),
    clientId: toList(clientId).map(compileSource),
    audience: compileSource(audience),
  };
}

/** Write one source, or several, as a list. */
function toList(sources: ClaimSource | readonly ClaimSource[]): readonly ClaimSource[] {
  return isList(sources) ? sources : [sources];
}

function isList(sources: ClaimSource | readonly ClaimSource[]): sources is readonly ClaimSource[] {
  return Array.isArray(sources);
}
