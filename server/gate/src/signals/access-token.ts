import type { Clock } from "../kernel/clock.ts";
import { createMetadataFetch } from "../keys/discover.ts";
import type { UrlCheck } from "../keys/secure-url.ts";
import type { ClientCredential } from "./client-secret.ts";
import { type PostResponse, post, readRetryAfter } from "./post.ts";
import { READ_SCOPE, RENEW_SCOPE } from "./scopes.ts";
import { SignalsError } from "./signals-error.ts";

/** A token for hubs. */
export interface AccessToken {
  readonly token: string;
  /** When it ends, by the monotonic clock. */
  readonly expiresAtMs: number;
  /** Whether renewals can be asked for, and answered, with it. */
  readonly canRenew: boolean;
}

/** Gets tokens for hubs. */
export interface AccessTokenSource {
  /** Get one with at least half of its life before it. Those who ask at the same time get the same. @throws SignalsError */
  get(): Promise<AccessToken>;
  /** Forget a token that a hub does not take. */
  forget(token: AccessToken): void;
}

/** What tokens are got with. */
export interface AccessTokenOptions {
  readonly issuer: string;
  readonly credential: ClientCredential;
  readonly urls: UrlCheck;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

/** How long a token lasts of which the issuer does not say it, in seconds. */
const DEFAULT_LIFE_SECONDS = 60;

/**
 * Create what gets tokens for the client itself, from where the metadata of the issuer say
 * ([RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)). A client that may not renew gets one to read with.
 */
export function createAccessTokenSource(options: AccessTokenOptions): AccessTokenSource {
  const { clock } = options;
  const findEndpoint = createEndpointSearch(options);
  let getting: Promise<AccessToken> | undefined;
  let got: { readonly token: AccessToken; readonly goodUntilMs: number } | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  async function getAnew(): Promise<AccessToken> {
    const waitMs = notBeforeMs - clock.monotonicMs();
    if (waitMs > 0) {
      throw busy(waitMs);
    }
    try {
      const url = await findEndpoint();
      return (
        (await request(url, `${READ_SCOPE} ${RENEW_SCOPE}`, options)) ?? (await requestToRead(url, options))
      );
    } catch (error) {
      if (error instanceof SignalsError && error.retryAfterMs !== undefined) {
        notBeforeMs = clock.monotonicMs() + error.retryAfterMs;
      }
      throw error;
    }
  }

  async function keepNew(): Promise<AccessToken> {
    try {
      const token = await getAnew();
      const nowMs = clock.monotonicMs();
      got = { token, goodUntilMs: nowMs + (token.expiresAtMs - nowMs) / 2 };
      return token;
    } finally {
      getting = undefined;
    }
  }

  return {
    get() {
      if (got !== undefined && clock.monotonicMs() < got.goodUntilMs) {
        return Promise.resolve(got.token);
      }
      getting ??= keepNew();
      return getting;
    },
    forget(token) {
      if (got?.token === token) {
        got = undefined;
      }
    },
  };
}

function createEndpointSearch({ issuer, urls, fetch, clock }: AccessTokenOptions): () => Promise<URL> {
  const find = createMetadataFetch({
    issuer,
    metadataUri: undefined,
    metadataIssuer: issuer,
    urls,
    wanted: { member: "token_endpoint", what: "token endpoint" },
    fetch,
    clock,
  });
  let found: URL | undefined;
  return async () => {
    try {
      found ??= (await find()).url;
    } catch (cause) {
      // Its message names both places, and why each of them is none.
      throw new SignalsError("unreachable", describe(cause), { cause });
    }
    return found;
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : "the issuer's metadata cannot be had";
}

async function requestToRead(url: URL, options: AccessTokenOptions): Promise<AccessToken> {
  const token = await request(url, READ_SCOPE, options);
  if (token === undefined) {
    throw new SignalsError("scope", `the client may not read signals: grant it scope ${READ_SCOPE}`);
  }
  return token;
}

/** @returns undefined when the client lacks a scope */
async function request(
  url: URL,
  scope: string,
  { credential, fetch, clock, signal }: AccessTokenOptions,
): Promise<AccessToken | undefined> {
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
  const scopes = granted.split(" ");
  return scopes.includes(READ_SCOPE)
    ? { token, expiresAtMs: askedAtMs + toLifeMs(seconds), canRenew: scopes.includes(RENEW_SCOPE) }
    : undefined;
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

function busy(retryAfterMs: number): SignalsError {
  return new SignalsError("unreachable", "the issuer grants no token just now", { retryAfterMs });
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
