import { Code, ConnectError } from "@connectrpc/connect";
import { errorFromJson, validateResponse } from "@connectrpc/connect/protocol-connect";
import type { MaxTokenLife, PasswordCredential, TokenGrant, TokenSource } from "../core/source.ts";

const SESSIONS = "SessionService";
const STREAMS = "StreamService";

/** The answer's fields that matter, in the JSON form of the protocol. */
interface TokensJson {
  readonly accessToken?: string;
  readonly expiresIn?: string;
  readonly refreshToken?: string;
  readonly refreshExpiresIn?: string;
  readonly scopes?: readonly string[];
  readonly sessionId?: string;
}

interface Answer {
  readonly tokens?: TokensJson;
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
export type Delivery = "auto" | "cookie" | "body";

/**
 * Create the source that speaks to a Countersign server's services with nothing but `fetch`.
 *
 * It does what a transport and the generated client would, and spares every page their descriptors.
 */
export function createFetchSource(
  baseUrl: string,
  delivery: Delivery,
  maxTokenLifeMs: MaxTokenLife = () => undefined,
): TokenSource {
  let inCookie = delivery !== "body";
  const prefix = `${baseUrl.replace(/\/$/, "")}/countersign.auth.v1.`;

  async function call(method: string, body: unknown, { signal, accessToken }: CallOptions): Promise<Answer> {
    const response = await fetch(prefix + method, {
      signal,
      method: "POST",
      redirect: "error",
      credentials: inCookie ? "include" : "same-origin",
      body: JSON.stringify(body),
      headers: {
        "content-type": "application/json",
        "connect-protocol-version": "1",
        ...(accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` }),
      },
    });
    const { isUnaryError, unaryError } = validateResponse("unary", false, response.status, response.headers);
    if (isUnaryError) throw errorFromJson(await response.json(), response.headers, unaryError);
    return response.json();
  }

  async function signIn(credential: PasswordCredential, signal: AbortSignal): Promise<TokenGrant> {
    const { username, password, scopes } = credential;
    const body = {
      password: { username, password },
      scopes,
      delivery: inCookie ? "DELIVERY_COOKIE" : undefined,
      maxAccessTokenTtl: toDuration(maxTokenLifeMs()),
    };
    try {
      return toGrant(await call(`${SESSIONS}/SignIn`, body, { signal }));
    } catch (error) {
      // The server keeps no cookies: a default that was only a guess gives way.
      if (!inCookie || delivery === "cookie" || ConnectError.from(error).code !== Code.Unimplemented)
        throw error;
      inCookie = false;
      return signIn(credential, signal);
    }
  }

  return {
    repeatable: true,
    signIn,
    async refresh({ refreshToken, refreshId, signal }) {
      const maxAccessTokenTtl = toDuration(maxTokenLifeMs());
      return toGrant(
        await call(`${SESSIONS}/Refresh`, { refreshToken, refreshId, maxAccessTokenTtl }, { signal }),
      );
    },
    async revoke(accessToken, signal) {
      await call(`${SESSIONS}/SignOut`, {}, { signal, accessToken });
    },
    async renewStreams({ streamIds, ...options }) {
      const { streams = [] } = await call(`${STREAMS}/Renew`, { streamIds }, options);
      return streams.map(({ streamId }) => streamId);
    },
  };
}

function toGrant({ tokens }: Answer): TokenGrant {
  const { accessToken, expiresIn, refreshToken, refreshExpiresIn, scopes = [], sessionId } = tokens ?? {};
  // Transient on purpose: an empty 200 comes from a proxy, not from the server.
  if (!accessToken) throw new ConnectError("the answer carries no access token", Code.Unknown);
  return {
    accessToken,
    lifetimeMs: toMs(expiresIn) ?? 0,
    refreshToken,
    refreshLifetimeMs: toMs(refreshExpiresIn),
    scopes,
    sessionId,
  };
}

/** Write a duration such as `1.5s`. */
function toDuration(lifeMs: number | undefined): string | undefined {
  return lifeMs === undefined ? undefined : `${lifeMs / 1000}s`;
}

/** Convert a duration such as `1.5s`. */
function toMs(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : Number.parseFloat(duration) * 1000;
}
