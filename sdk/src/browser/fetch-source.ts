import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson, validateResponse } from "@connectrpc/connect/protocol-connect";
import { toRenewRequest } from "../core/renew-request.ts";
import type { MaxTokenLife, StreamRenewal, TokenGrant, TokenSource } from "../core/source.ts";
import { sendBearer } from "../core/token-binding.ts";

/** The answers' fields that matter, in the JSON form of the protocol. */
interface Answer {
  readonly tokens?: {
    readonly accessToken?: string;
    readonly expiresIn?: string;
    readonly refreshToken?: string;
    readonly refreshExpiresIn?: string;
    readonly tokenType?: string;
    readonly scopes?: readonly string[];
    readonly sessionId?: string;
  };
  readonly streams?: readonly { readonly streamId: string }[];
}

/**
 * Where the refresh token is kept: in a cookie that no script can read, or with the rest in the store. `auto`
 * tries the cookie first, and `cookie` insists on it.
 */
export type Delivery = "auto" | "cookie" | "store";

/**
 * Create the source that speaks to a Countersign server's services with nothing but `fetch`.
 *
 * It does what a transport and the generated client would, and spares every page their descriptors.
 *
 * @param baseUrl where the services are, without a slash at its end
 */
export function createFetchSource(
  baseUrl: string,
  delivery: Delivery,
  maxTokenLifeMs?: MaxTokenLife,
): TokenSource {
  let inCookie = delivery !== "store";

  async function call(
    method: string,
    body: object,
    {
      signal,
      accessToken,
      baseUrl: at = baseUrl,
      prover,
    }: Pick<StreamRenewal, "signal"> & Partial<Omit<StreamRenewal, "signal">>,
  ): Promise<Answer> {
    const url = `${at}/countersign.auth.v1.${method}`;
    return (prover?.send ?? sendBearer)({ url, accessToken }, async (headers, onHeader) => {
      const response = await fetch(url, {
        signal,
        method: "POST",
        redirect: "manual",
        credentials: inCookie ? "include" : "same-origin",
        body: JSON.stringify(body),
        headers: { "content-type": "application/json", ...headers },
      });
      onHeader(response.headers);
      return toAnswer(response);
    });
  }

  async function toAnswer(response: Response): Promise<Answer> {
    // Not `redirect: "error"`, which workerd lacks. A browser hides the status of a redirect, other hosts show it.
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      throw new TypeError("the service redirects");
    }
    const { isUnaryError, unaryError } = validateResponse("unary", false, response.status, response.headers);
    const answer = await response.json();
    if (isUnaryError) {
      throw errorFromJson(answer, response.headers, unaryError);
    }
    return answer;
  }

  async function getTokens(
    method: string,
    body: object,
    proving: Pick<StreamRenewal, "signal" | "prover">,
  ): Promise<TokenGrant> {
    const lifeMs = maxTokenLifeMs?.();
    const maxAccessTokenTtl = lifeMs && `${lifeMs / 1000}s`;
    const { tokens = {} } = await call(`SessionService/${method}`, { ...body, maxAccessTokenTtl }, proving);
    const { accessToken = "", expiresIn = "0", refreshExpiresIn, scopes = [] } = tokens;
    return {
      ...tokens,
      accessToken,
      scopes,
      lifetimeMs: toMs(expiresIn),
      refreshLifetimeMs: refreshExpiresIn === undefined ? undefined : toMs(refreshExpiresIn),
    };
  }

  return {
    repeatable: true,
    async signIn({ scopes, resources, device, ...password }, signal, { sessionId, prover } = {}) {
      const proving = { signal, prover };
      const body = { password, scopes, resources, device, sessionId };
      try {
        if (inCookie) {
          return await getTokens("SignIn", { ...body, delivery: "DELIVERY_COOKIE" }, proving);
        }
      } catch (error) {
        // The server keeps no cookies: a default that was only a guess gives way.
        if (delivery !== "auto" || ConnectError.from(error).code !== Code.Unimplemented) {
          throw error;
        }
        inCookie = false;
      }
      return getTokens("SignIn", body, proving);
    },
    refresh: ({ signal, prover, ...body }) => getTokens("Refresh", body, { signal, prover }),
    revoke: (accessToken, signal, { prover } = {}) =>
      call("SessionService/SignOut", {}, { signal, accessToken, prover }),
    async renewStreams({ streams: refs, ...options }) {
      const { streams = [] } = await call("StreamService/Renew", toRenewRequest(refs), options);
      return streams.map(({ streamId }) => streamId);
    },
  };
}

/** Convert a duration such as `1.5s`. */
function toMs(duration: string): number {
  return Number.parseFloat(duration) * 1000;
}
