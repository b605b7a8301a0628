import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson, validateResponse } from "@connectrpc/connect/protocol-connect";
import type { MaxTokenLife, PasswordCredential, TokenGrant, TokenSource } from "../core/source.ts";

/** The answers' fields that matter, in the JSON form of the protocol. */
interface Answer {
  readonly tokens?: {
    readonly accessToken?: string;
    readonly expiresIn?: string;
    readonly refreshToken?: string;
    readonly refreshExpiresIn?: string;
    readonly scopes?: readonly string[];
    readonly sessionId?: string;
  };
  readonly streams?: readonly { readonly streamId: string }[];
}

interface CallOptions {
  readonly signal: AbortSignal;
  readonly accessToken?: string;
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

  async function call(method: string, body: unknown, { signal, accessToken }: CallOptions): Promise<Answer> {
    const headers = new Headers({ "content-type": "application/json" });
    if (accessToken !== undefined) headers.set("authorization", `Bearer ${accessToken}`);
    const response = await fetch(`${baseUrl}/countersign.auth.v1.${method}`, {
      signal,
      method: "POST",
      redirect: "error",
      credentials: inCookie ? "include" : "same-origin",
      body: JSON.stringify(body),
      headers,
    });
    const { isUnaryError, unaryError } = validateResponse("unary", false, response.status, response.headers);
    const answer = await response.json();
    if (isUnaryError) throw errorFromJson(answer, response.headers, unaryError);
    return answer;
  }

  async function getTokens(method: string, body: object, signal: AbortSignal): Promise<TokenGrant> {
    const lifeMs = maxTokenLifeMs?.();
    const maxAccessTokenTtl = lifeMs && `${lifeMs / 1000}s`;
    return toGrant(await call(`SessionService/${method}`, { ...body, maxAccessTokenTtl }, { signal }));
  }

  async function signIn(credential: PasswordCredential, signal: AbortSignal): Promise<TokenGrant> {
    const { username, password, scopes } = credential;
    const body = {
      password: { username, password },
      scopes,
      delivery: inCookie ? "DELIVERY_COOKIE" : undefined,
    };
    try {
      return await getTokens("SignIn", body, signal);
    } catch (error) {
      // The server keeps no cookies: a default that was only a guess gives way.
      const givesWay = inCookie && delivery === "auto";
      if (!givesWay || ConnectError.from(error).code !== Code.Unimplemented) throw error;
      inCookie = false;
      return signIn(credential, signal);
    }
  }

  return {
    repeatable: true,
    signIn,
    refresh: ({ signal, ...body }) => getTokens("Refresh", body, signal),
    async revoke(accessToken, signal) {
      await call("SessionService/SignOut", {}, { signal, accessToken });
    },
    async renewStreams({ streamIds, ...options }) {
      const { streams = [] } = await call("StreamService/Renew", { streamIds }, options);
      return streams.map(({ streamId }) => streamId);
    },
  };
}

function toGrant({ tokens = {} }: Answer): TokenGrant {
  const {
    accessToken = "",
    expiresIn = "0",
    refreshToken,
    refreshExpiresIn,
    scopes = [],
    sessionId,
  } = tokens;
  const refreshLifetimeMs = refreshExpiresIn === undefined ? undefined : toMs(refreshExpiresIn);
  return { accessToken, lifetimeMs: toMs(expiresIn), refreshToken, refreshLifetimeMs, scopes, sessionId };
}

/** Convert a duration such as `1.5s`. */
function toMs(duration: string): number {
  return Number.parseFloat(duration) * 1000;
}
