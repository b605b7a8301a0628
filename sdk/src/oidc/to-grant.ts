import type { TokenEndpointResponse } from "oauth4webapi";
import type { TokenGrant } from "../core/source.ts";

// A provider that does not say how long its tokens last is asked often rather than never (RFC 6749 §5.1).
const DEFAULT_LIFETIME_SECONDS = 300;

/** Convert the answer of a token endpoint. */
export function toGrant(response: TokenEndpointResponse, asked: readonly string[] = []): TokenGrant {
  return {
    accessToken: response.access_token,
    lifetimeMs: (response.expires_in ?? DEFAULT_LIFETIME_SECONDS) * 1000,
    refreshToken: response.refresh_token,
    scopes: response.scope?.split(" ") ?? asked,
  };
}
