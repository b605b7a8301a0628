import * as oauth from "oauth4webapi";
import type { TokenGrant } from "../core/source.ts";
import { TokenSourceError } from "../core/source-error.ts";

/** How {@link toGrant} reads an answer. */
export interface GrantOptions {
  /** What was asked for: a provider that grants just that need not repeat it (RFC 6749 §5.1). */
  readonly scopes?: readonly string[] | undefined;
  /** Which token calls carry. Default `access_token`. */
  readonly bearerToken?: "access_token" | "id_token" | undefined;
}

// A provider that does not say how long its tokens last is asked often rather than never (RFC 6749 §5.1).
const DEFAULT_LIFETIME_SECONDS = 300;
// It has to fit into a URL with which a provider ends its session; servers commonly take 8 KiB of those.
const MAX_ID_TOKEN_LENGTH = 6 * 1024;

/** Convert the answer of a token endpoint. @throws TokenSourceError `config` when the token that calls carry is missing */
export function toGrant(response: oauth.TokenEndpointResponse, options: GrantOptions): TokenGrant {
  const { access_token: accessToken, refresh_token: refreshToken, id_token: idToken } = response;
  const common = {
    refreshToken,
    scopes: response.scope?.split(" ") ?? options.scopes ?? [],
    idToken: idToken !== undefined && idToken.length <= MAX_ID_TOKEN_LENGTH ? idToken : undefined,
  };
  if (options.bearerToken !== "id_token") {
    const lifetimeMs = (response.expires_in ?? DEFAULT_LIFETIME_SECONDS) * 1000;
    return { ...common, accessToken, tokenType: response.token_type, lifetimeMs };
  }
  const claims = oauth.getValidatedIdTokenClaims(response);
  if (idToken === undefined || claims === undefined) {
    throw new TokenSourceError("config", "the provider gave no ID token: scopes must have openid");
  }
  // It has a life of its own, which `expires_in` is not about.
  return { ...common, accessToken: idToken, lifetimeMs: (claims.exp - claims.iat) * 1000 };
}
