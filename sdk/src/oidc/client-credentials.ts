import * as oauth from "oauth4webapi";
import type { TokenGrant, TokenSource } from "../core/source.ts";
import { type ClientProof, createProvider, type ProviderOptions } from "./provider.ts";
import { explained } from "./source-failure.ts";
import { toGrant } from "./to-grant.ts";

/** What {@link clientCredentials} needs. */
export interface ClientCredentialsOptions extends ProviderOptions {
  /** A secret or a private key: a client without either cannot use this grant. */
  readonly proof: Exclude<ClientProof, { kind: "none" }>;
}

/**
 * Make a source for a program that acts for itself (client credentials, RFC 6749 §4.4). A session of it needs no
 * sign-in.
 *
 * @throws TypeError when the issuer is neither https nor on this machine
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  const { client, proof, server, request, dated, parameters, revoke } = createProvider(options);
  const acquire = (signal: AbortSignal): Promise<TokenGrant> =>
    explained(() =>
      dated(async () => {
        const as = await server(signal);
        const response = await oauth.clientCredentialsGrantRequest(
          as,
          client,
          proof,
          parameters,
          request(signal),
        );
        return toGrant(await oauth.processClientCredentialsResponse(as, client, response), options.scopes);
      }),
    );
  return {
    // Nothing is used up by asking, so asking again is always safe.
    repeatable: true,
    acquire,
    refresh: ({ signal }) => acquire(signal),
    revoke,
  };
}
