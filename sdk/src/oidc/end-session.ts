import { TokenSourceError } from "../core/source-error.ts";
import { joinParameters, type Parameters } from "./parameters.ts";
import type { Provider } from "./provider.ts";
import { isSecureUrl } from "./secure-url.ts";

/** How to end the provider's own session. */
export interface SignOutUrlOptions {
  /** Where the provider sends the user back to, as registered there. Default: it does not. */
  readonly returnTo?: string | undefined;
  /** More parameters, such as `logout_hint`; they go before those that the source sets. Default: none. */
  readonly parameters?: Parameters | undefined;
}

/** Ending the provider's own session, so that the next sign-in asks for the user (OpenID Connect RP-Initiated Logout). */
export interface EndSession {
  /**
   * Get the address to send the user to after `session.signOut()`.
   *
   * @throws TokenSourceError `config` when the provider has no such endpoint
   */
  readonly signOutUrl: (options?: SignOutUrlOptions) => Promise<URL>;
}

/** Create the {@link EndSession} of a provider. @param idToken answers with the one of the session that ended last */
export function createEndSession({ ask, clientId }: Provider, idToken: () => string | undefined): EndSession {
  return {
    signOutUrl: ({ returnTo, parameters } = {}) =>
      ask(undefined, async ({ as }) => {
        const { end_session_endpoint: endpoint } = as;
        if (endpoint === undefined || !isSecureUrl(endpoint)) {
          throw new TokenSourceError(
            "config",
            "the provider's metadata have no usable end_session_endpoint: set endpoints.endSession",
          );
        }
        const url = new URL(endpoint);
        const own = { id_token_hint: idToken(), client_id: clientId, post_logout_redirect_uri: returnTo };
        for (const [name, value] of Object.entries(joinParameters(own, parameters))) {
          url.searchParams.set(name, value);
        }
        return url;
      }),
  };
}
