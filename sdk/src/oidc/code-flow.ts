import * as oauth from "oauth4webapi";
import type { TokenGrant } from "../core/source.ts";
import { TokenSourceError } from "../core/source-error.ts";
import type { Prover, TokenBinding } from "../core/token-binding.ts";
import { assertParameters, joinParameters, type Parameters } from "./parameters.ts";
import { type Pending, parsePending } from "./pending.ts";
import type { Provider, RequestContext } from "./provider.ts";
import { isSecureUrl } from "./secure-url.ts";
import { withTenant } from "./tenant.ts";
import { type GrantOptions, toGrant } from "./to-grant.ts";

/** What signing in with a redirect needs. */
export interface CodeFlowOptions {
  /** Where the provider sends the user back to, as registered there. Needed for {@link CodeFlow} only. */
  readonly redirectUri?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  /** Keeps what proves that the answer belongs to the question. Default: `sessionStorage`. */
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
  /**
   * Whether the request is sent to the provider itself, so that the browser carries only its name (RFC 9126). Default:
   * when the provider has an endpoint for that. `false` leaves it out, unless the provider requires it.
   */
  readonly pushedAuthorization?: boolean | undefined;
}

/** One sign-in. */
export interface SignInUrlOptions {
  /** More parameters of this one, such as `login_hint` or `acr_values`; they go before those of the source. */
  readonly parameters?: Parameters | undefined;
  /** Give up. */
  readonly signal?: AbortSignal | undefined;
}

/** Signing in with a redirect: authorization code with PKCE (RFC 6749 §4.1, RFC 7636). */
export interface CodeFlow {
  /**
   * Get the address to send the user to.
   *
   * @throws TypeError without `redirectUri` or storage, and for parameters that the source sets itself
   * @throws TokenSourceError when the provider refuses
   */
  readonly signInUrl: (options?: SignInUrlOptions) => Promise<URL>;
  /**
   * Get the tokens when the user is back: `session.begin(() => source.finishSignIn(location.href))`.
   *
   * @throws TypeError when the answer belongs to no question of this tab
   * @throws TokenSourceError when the provider refused: `final`, with the reason `interaction_required`, when it could
   *   not sign the user in without showing a page
   */
  readonly finishSignIn: (callbackUrl: string | URL) => Promise<TokenGrant>;
}

/** What {@link createCodeFlow} needs. */
export interface CodeFlowContext {
  readonly provider: Provider;
  readonly options: CodeFlowOptions & Pick<GrantOptions, "bearerToken">;
  /** Binds the tokens to a key. Absent: they are bound to none. */
  readonly dpop: TokenBinding | undefined;
  /** Parameters of the request that begins a sign-in. */
  readonly beginParameters: Parameters;
  /** Parameters of the request that gets its tokens. */
  readonly tokenParameters: Readonly<Record<string, string>>;
}

/** Create the {@link CodeFlow} of a provider. */
export function createCodeFlow(context: CodeFlowContext): CodeFlow {
  const { provider, options } = context;
  const key = `countersign:sign-in:${provider.clientId}`;
  return {
    async signInUrl({ parameters, signal } = {}) {
      assertParameters(parameters, "parameters");
      const { redirectUri, storage } = resolveCodeFlowOptions(options);
      // Refresh tokens need the user's consent each time (OpenID Connect Core §11), where the caller knows no better.
      const defaults = options.scopes?.includes("offline_access") === true ? { prompt: "consent" } : {};
      const wishes = joinParameters(defaults, context.beginParameters, parameters);
      const pending: Pending = {
        verifier: oauth.generateRandomCodeVerifier(),
        state: oauth.generateRandomState(),
        nonce: oauth.generateRandomNonce(),
        maxAgeSeconds: toMaxAge(wishes.max_age),
      };
      const query = {
        ...wishes,
        redirect_uri: redirectUri,
        response_type: "code",
        state: pending.state,
        nonce: pending.nonce,
        code_challenge: await oauth.calculatePKCECodeChallenge(pending.verifier),
        code_challenge_method: "S256",
      };
      const proofKey = await context.dpop?.keepKey(key);
      const prover = proofKey && context.dpop?.proverOf({ proofKey });
      const url = await provider.ask(
        signal,
        (request) => toAuthorizationUrl(request, query, options),
        prover,
      );
      storage.setItem(key, JSON.stringify(pending));
      return url;
    },
    async finishSignIn(callbackUrl) {
      const { redirectUri, storage } = resolveCodeFlowOptions(options);
      const pending = parsePending(storage.getItem(key));
      // Used once, whatever comes of it.
      storage.removeItem(key);
      const proofKey = await context.dpop?.takeKey(key);
      if (context.dpop && !proofKey) {
        throw new TypeError("the key of this sign-in is gone: begin another one");
      }
      const grant = await exchange(context, {
        pending,
        redirectUri,
        callbackUrl: new URL(callbackUrl),
        prover: context.dpop?.proverOf({ proofKey }),
      });
      return { ...grant, proofKey };
    },
  };
}

async function toAuthorizationUrl(
  { as, client, auth, options: request }: RequestContext,
  query: Readonly<Record<string, string>>,
  { pushedAuthorization }: CodeFlowOptions,
): Promise<URL> {
  const { authorization_endpoint: endpoint, pushed_authorization_request_endpoint: pushEndpoint } = as;
  if (endpoint === undefined || !isSecureUrl(endpoint)) {
    throw new TokenSourceError(
      "config",
      "the provider's metadata have no usable authorization_endpoint: set endpoints.authorization",
    );
  }
  const isRequired = as.require_pushed_authorization_requests === true || pushedAuthorization === true;
  const isPushed = isRequired || (pushedAuthorization ?? pushEndpoint !== undefined);
  const jkt = await request.DPoP?.calculateThumbprint();
  // A code that is stolen on its way back is worth nothing either (RFC 9449 §10).
  let sent: Readonly<Record<string, string>> = jkt === undefined ? query : { ...query, dpop_jkt: jkt };
  if (isPushed) {
    const response = await oauth.pushedAuthorizationRequest(as, client, auth, { ...sent }, request);
    const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, response);
    sent = { request_uri };
  }
  const url = new URL(endpoint);
  for (const [name, value] of Object.entries({ client_id: client.client_id, ...sent })) {
    url.searchParams.set(name, value);
  }
  return url;
}

interface Exchange {
  readonly pending: Pending;
  readonly redirectUri: string;
  readonly callbackUrl: URL;
  readonly prover: Prover | undefined;
}

function exchange(
  { provider, options: { scopes, bearerToken }, tokenParameters }: CodeFlowContext,
  { pending, redirectUri, callbackUrl, prover }: Exchange,
): Promise<TokenGrant> {
  const ask = async ({ as, client, auth, options }: RequestContext): Promise<TokenGrant> => {
    const answer = oauth.validateAuthResponse(as, client, callbackUrl, pending.state);
    const { verifier, nonce, maxAgeSeconds: maxAge } = pending;
    const request = { ...options, additionalParameters: tokenParameters };
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      auth,
      answer,
      redirectUri,
      verifier,
      request,
    );
    // Without the scope `openid` there is no ID token, and so nothing for the nonce and the time to be in.
    const expected =
      scopes?.includes("openid") === true
        ? { expectedNonce: nonce, requireIdToken: true, ...(maxAge === undefined ? {} : { maxAge }) }
        : {};
    const issuer = await withTenant(as, response);
    const tokens = await oauth.processAuthorizationCodeResponse(issuer, client, response, expected);
    return toGrant(tokens, { scopes, bearerToken });
  };
  return provider.ask(undefined, ask, prover);
}

/** @throws TypeError when it is no number of seconds */
function toMaxAge(text: string | undefined): number | undefined {
  if (text !== undefined && !/^\d{1,10}$/.test(text)) {
    throw new TypeError("parameters.max_age must be a number of seconds");
  }
  return text === undefined ? undefined : Number(text);
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
