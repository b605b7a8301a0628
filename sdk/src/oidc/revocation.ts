import * as oauth from "oauth4webapi";
import type { TokenSource } from "../core/source.ts";
import { TokenSourceError } from "../core/source-error.ts";
import type { Provider } from "./provider.ts";

/** What a token is, as a provider is told (RFC 7009 §2.1). */
type TokenKind = "refresh_token" | "access_token";

/**
 * Create what ends the tokens of a session at its provider (RFC 7009): the refresh token, which is what would bring new
 * ones, then the access token. It rejects when either lives on, but for an access token that the provider cannot end:
 * none follows it when the refresh token is gone.
 */
export function createRevocation({ ask }: Provider): TokenSource["revoke"] {
  return (accessToken, signal, { refreshToken } = {}) =>
    ask(signal, async ({ as, client, auth, options }) => {
      if (as.revocation_endpoint === undefined) {
        throw new TokenSourceError("config", "the provider has no revocation endpoint: its tokens last");
      }
      const end = async (token: string, kind: TokenKind, bearable: readonly string[]): Promise<void> => {
        const parameters = { ...options, additionalParameters: { token_type_hint: kind } };
        const response = await oauth.revocationRequest(as, client, auth, token, parameters);
        await oauth.processRevocationResponse(response).catch((error: unknown) => {
          if (!(error instanceof oauth.ResponseBodyError) || !bearable.includes(error.error)) {
            throw error;
          }
        });
      };
      // Some providers say so of tokens that are over already, although they should not (RFC 7009 §2.2).
      if (refreshToken === undefined) {
        return end(accessToken, "access_token", ["invalid_token"]);
      }
      const refreshEnd = end(refreshToken, "refresh_token", ["invalid_token"]);
      // Whatever becomes of the refresh token: what can be ended is.
      await refreshEnd.catch(() => undefined);
      const accessEnd = end(accessToken, "access_token", ["invalid_token", "unsupported_token_type"]);
      await accessEnd.catch(() => undefined);
      await Promise.all([refreshEnd, accessEnd]);
    });
}
