import type { Clock } from "../kernel/clock.ts";
import { type PostResponse, post, readRetryAfter } from "../kernel/post.ts";
import type { ClientCredential } from "./client-secret.ts";
import { SignalsError } from "./signals-error.ts";

/** A token that was granted to a client itself. */
export interface GrantedToken {
  readonly token: string;
  /** When it ends, by the monotonic clock. */
  readonly expiresAtMs: number;
  readonly scopes: readonly string[];
}

/** What a token is asked for with. */
export interface TokenRequestContext {
  readonly credential: ClientCredential;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** How long a token lasts of which the issuer does not say it, in seconds. */
const DEFAULT_LIFE_SECONDS = 60;

/**
 * Ask a token endpoint for a token of the client itself
 * ([RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)).
 *
 * @returns undefined when the client lacks a scope
 * @throws SignalsError
 */
export async function requestToken(
  url: URL,
  scope: string,
  { credential, fetch, clock, signal }: TokenRequestContext,
): Promise<GrantedToken | undefined> {
  const askedAtMs = clock.monotonicMs();
  const headers = {
    accept: "application/json",
    authorization: credential.toAuthorization(),
    "content-type": "application/x-www-form-urlencoded",
  };
  const body = new URLSearchParams({ grant_type: "client_credentials", scope }).toString();
  const response = await post(url, { headers, body }, { fetch, clock, signal }).catch((cause: unknown) => {
    throw new SignalsError("unreachable", `${url.origin} cannot be asked for a token`, { cause });
  });
  const json = parseObject(response.bytes);
  if (response.status !== 200) {
    return refuse(url, response, json.error);
  }
  const { access_token: token, expires_in: seconds = DEFAULT_LIFE_SECONDS, scope: granted = scope } = json;
  if (typeof token !== "string" || !/^[\w.~+/=-]+$/.test(token) || typeof granted !== "string") {
    throw new SignalsError("protocol", `${url.origin} answers with no token`);
  }
  return { token, expiresAtMs: askedAtMs + toLifeMs(seconds), scopes: granted.split(" ") };
}

function toLifeMs(seconds: unknown): number {
  return (typeof seconds === "number" && seconds > 0 ? seconds : DEFAULT_LIFE_SECONDS) * 1_000;
}

/** @returns undefined when the client lacks a scope */
function refuse(url: URL, { status, headers }: PostResponse, code: unknown): undefined {
  if (code === "invalid_scope") {
    return undefined;
  }
  if (code === "invalid_client" || code === "unauthorized_client" || status === 401) {
    throw new SignalsError(
      "credential",
      `${url.origin} does not take the client's credential: check its id and its secret`,
    );
  }
  const retryAfterMs = readRetryAfter(headers);
  throw status === 429 || status >= 500
    ? new SignalsError("unreachable", `${url.origin} grants no token just now`, { retryAfterMs })
    : new SignalsError("protocol", `${url.origin} answers the request for a token with status ${status}`);
}

/** @returns an empty object for what is none: then it says nothing */
function parseObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    const json: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof json === "object" && json !== null ? { ...json } : {};
  } catch {
    return {};
  }
}
