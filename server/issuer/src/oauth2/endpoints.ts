import type { Endpoint } from "@countersign/server";
import { createIntrospectionEndpoint, type IntrospectionDeps } from "./introspection-endpoint.ts";
import { createOAuthEndpoint, type OAuthEndpointOptions } from "./oauth-endpoint.ts";
import { createRevocationEndpoint, type RevocationDeps } from "./revocation-endpoint.ts";
import { createTokenEndpoint, type TokenEndpointDeps } from "./token-endpoint.ts";

/** What the OAuth endpoints need. */
export type OAuthEndpointsOptions = OAuthEndpointOptions &
  TokenEndpointDeps &
  IntrospectionDeps &
  RevocationDeps & {
    readonly sessions: TokenEndpointDeps["sessions"] & RevocationDeps["sessions"];
    readonly signIn: TokenEndpointDeps["signIn"];
  };

/** Create the OAuth endpoints, by their path: the doors for clients in any language. */
export function createOAuthEndpoints(options: OAuthEndpointsOptions): Readonly<Record<string, Endpoint>> {
  return {
    "/oauth2/token": createOAuthEndpoint(options, createTokenEndpoint(options)),
    "/oauth2/revoke": createOAuthEndpoint(options, createRevocationEndpoint(options)),
    "/oauth2/introspect": createOAuthEndpoint(options, createIntrospectionEndpoint(options)),
  };
}
