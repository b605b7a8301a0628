import * as oauth from "oauth4webapi";
import type { TokenGrant, TokenSource } from "../core/source.ts";
import { type CodeFlow, type CodeFlowOptions, createCodeFlow } from "./code-flow.ts";
import { createDeviceFlow, type DeviceFlow } from "./device-flow.ts";
import { createProvider, type ProviderOptions } from "./provider.ts";
import { explained } from "./source-failure.ts";
import { toGrant } from "./to-grant.ts";

/** What {@link oidc} needs. */
export interface OidcOptions extends ProviderOptions, CodeFlowOptions {
  /**
   * For how long the provider takes a refresh token again that it has replaced, in milliseconds, where it is set up
   * to do so. Within it, a refresh whose answer was lost is sent once more. Default 0: never.
   */
  readonly resendGraceMs?: number | undefined;
}

/** A source for the users of an OpenID provider. Its sessions begin with `session.begin(() => …)`. */
export interface OidcSource extends TokenSource, CodeFlow, DeviceFlow {}

/**
 * Make a source for the users of any OpenID provider: authorization code with PKCE in browsers (RFC 7636),
 * device code on the command line (RFC 8628), and refreshes (RFC 6749 §6).
 *
 * @throws TypeError when the issuer is neither https nor on this machine
 */
export function oidc(options: OidcOptions): OidcSource {
  const provider = createProvider(options);
  const { client, proof, server, request, dated, revoke } = provider;
  return {
    // Providers replace refresh tokens without a name for the attempt: a lost answer cannot be asked for again.
    repeatable: false,
    resendGraceMs: options.resendGraceMs,
    refresh: ({ refreshToken = "", signal }) =>
      explained(() =>
        dated(async (): Promise<TokenGrant> => {
          const as = await server(signal);
          const response = await oauth.refreshTokenGrantRequest(
            as,
            client,
            proof,
            refreshToken,
            request(signal),
          );
          return toGrant(await oauth.processRefreshTokenResponse(as, client, response), options.scopes);
        }),
      ),
    revoke,
    ...createCodeFlow(provider, options),
    ...createDeviceFlow(provider, options.scopes),
  };
}
