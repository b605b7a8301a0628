import * as oauth from "oauth4webapi";
import { assertOptions } from "../core/option-forms.ts";
import type { Proving, TokenGrant, TokenSource } from "../core/source.ts";
import type { ClientProof } from "./client-proof.ts";
import { joinParameters } from "./parameters.ts";
import { createProvider, PROVIDER_FORMS, type ProviderOptions } from "./provider.ts";
import { createRevocation } from "./revocation.ts";
import { toGrant } from "./to-grant.ts";

/** What {@link clientCredentials} needs. */
export interface ClientCredentialsOptions extends ProviderOptions {
  /** A secret, a private key or an assertion: a client without any cannot use this grant. */
  readonly proof: Exclude<ClientProof, { kind: "none" }>;
}

/**
 * Make a source for a program that acts for itself (client credentials, RFC 6749 §4.4). A session of it needs no
 * sign-in.
 *
 * @throws TypeError when an option is missing or not understood, or a URL is neither https nor on this machine
 */
export function clientCredentials(options: ClientCredentialsOptions): TokenSource {
  assertOptions("clientCredentials", options, PROVIDER_FORMS);
  if (options.proof === undefined || (options.proof as ClientProof).kind === "none") {
    throw new TypeError("clientCredentials needs the option proof: a secret, a private key or an assertion");
  }
  const { scopes, resource, parameters } = options;
  const provider = createProvider(options);
  const form = joinParameters({ scope: scopes?.join(" "), resource }, parameters);
  const acquire = (signal: AbortSignal, { prover }: Proving = {}): Promise<TokenGrant> =>
    provider.ask(
      signal,
      async ({ as, client, auth, options: request }) => {
        const response = await oauth.clientCredentialsGrantRequest(as, client, auth, form, request);
        return toGrant(await oauth.processClientCredentialsResponse(as, client, response), { scopes });
      },
      prover,
    );
  return {
    // Nothing is used up by asking, so asking again is always safe.
    repeatable: true,
    acquire,
    refresh: ({ signal, prover }) => acquire(signal, { prover }),
    revoke: createRevocation(provider),
  };
}
