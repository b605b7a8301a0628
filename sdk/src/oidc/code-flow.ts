import * as oauth from "oauth4webapi";
import type { TokenGrant } from "../core/source.ts";
import type { Provider } from "./provider.ts";
import { explained } from "./source-failure.ts";
import { toGrant } from "./to-grant.ts";

/** What signing in with a redirect needs. */
export interface CodeFlowOptions {
  /** Where the provider sends the user back to, as registered there. Needed for {@link CodeFlow} only. */
  readonly redirectUri?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Keeps what proves that the answer belongs to the question. Default: `sessionStorage`. */
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
}

/** Signing in with a redirect: authorization code with PKCE (RFC 6749 §4.1, RFC 7636). */
export interface CodeFlow {
  /** Get the address to send the user to. @throws TypeError without `redirectUri` or storage */
  readonly signInUrl: () => Promise<URL>;
  /**
   * Get the tokens when the user is back: `session.begin(() => source.finishSignIn(location.href))`.
   *
   * @throws when the answer belongs to no question of this tab, or the provider refused
   */
  readonly finishSignIn: (callbackUrl: string | URL) => Promise<TokenGrant>;
}

interface Pending {
  readonly verifier: string;
  readonly state: string;
  readonly nonce: string;
}

/** Create the {@link CodeFlow} of a provider. */
export function createCodeFlow(provider: Provider, options: CodeFlowOptions): CodeFlow {
  const { client, server, parameters } = provider;
  const key = `countersign:sign-in:${client.client_id}`;
  return {
    async signInUrl() {
      const { redirectUri, storage } = resolveCodeFlowOptions(options);
      const pending: Pending = {
        verifier: oauth.generateRandomCodeVerifier(),
        state: oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
      };
      const url = new URL((await server()).authorization_endpoint ?? missingEndpoint());
      const query = {
        ...parameters,
        // Refresh tokens need the user's consent each time (OpenID Connect Core §11).
        ...(options.scopes?.includes("offline_access") ? { prompt: "consent" } : {}),
        client_id: client.client_id,
        redirect_uri: redirectUri,
        response_type: "code",
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(query)) {
        url.searchParams.set(name, value);
      }
      storage.setItem(key, JSON.stringify(pending));
      return url;
    },
    async finishSignIn(callbackUrl) {
      const { redirectUri, storage } = resolveCodeFlowOptions(options);
      const pending = parsePending(storage.getItem(key));
      // Used once, whatever comes of it.
      storage.removeItem(key);
      return explained(() =>
        exchange(provider, { pending, redirectUri, callbackUrl, scopes: options.scopes }),
      );
    },
  };
}

interface Exchange {
  readonly pending: Pending;
  readonly redirectUri: string;
  readonly callbackUrl: string | URL;
  readonly scopes: readonly string[] | undefined;
}

async function exchange(
  provider: Provider,
  { pending, redirectUri, callbackUrl, scopes }: Exchange,
): Promise<TokenGrant> {
  const { client, proof, server, request } = provider;
  const as = await server();
  const answer = oauth.validateAuthResponse(as, client, new URL(callbackUrl), pending.state);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    proof,
    answer,
    redirectUri,
    pending.verifier,
    request(),
  );
  // Without the scope `openid` there is no ID token, and so nothing for the nonce to be in.
  const options =
    scopes?.includes("openid") === true ? { expectedNonce: pending.nonce, requireIdToken: true } : {};
  return toGrant(await oauth.processAuthorizationCodeResponse(as, client, response, options), scopes);
}

function resolveCodeFlowOptions({ redirectUri, storage = globalThis.sessionStorage }: CodeFlowOptions) {
  if (redirectUri === undefined) {
    throw new TypeError("redirectUri is needed to sign in with a redirect");
  }
  if (storage === undefined) {
    throw new TypeError("storage is needed where there is no sessionStorage");
  }
  return { redirectUri, storage };
}

function parsePending(text: string | null): Pending {
  const value: unknown = text === null ? undefined : JSON.parse(text);
  if (typeof value !== "object" || value === null) {
    throw new TypeError("no sign-in was begun in this tab");
  }
  // Written by signInUrl into storage that only this origin can write.
  return value as Pending;
}

function missingEndpoint(): never {
  throw new TypeError("the provider has no authorization endpoint");
}
