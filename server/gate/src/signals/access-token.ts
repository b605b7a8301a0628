import type { Clock } from "../kernel/clock.ts";
import type { UrlCheck } from "../keys/secure-url.ts";
import type { ClientCredential } from "./client-secret.ts";
import { READ_SCOPE, RENEW_SCOPE } from "./scopes.ts";
import { SignalsError } from "./signals-error.ts";
import { requestToken } from "./token-request.ts";
import { createTokenSource, type TokenSource } from "./token-source.ts";

/** A token for hubs. */
export interface AccessToken {
  readonly token: string;
  /** When it ends, by the monotonic clock. */
  readonly expiresAtMs: number;
  /** Whether renewals can be asked for, and answered, with it. */
  readonly canRenew: boolean;
}

/** Gets tokens for hubs. */
export type AccessTokenSource = TokenSource<AccessToken>;

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

/**
 * Create what gets tokens for the client itself, from where the metadata of the issuer say
 * ([RFC 6749 §4.4](https://www.rfc-editor.org/rfc/rfc6749#section-4.4)). A client that may not renew gets one to read with.
 */
export function createAccessTokenSource(options: AccessTokenOptions): AccessTokenSource {
  const { issuer, urls, fetch, clock } = options;
  return createTokenSource({
    issuer,
    urls,
    fetch,
    clock,
    request: async (url) =>
      (await request(url, `${READ_SCOPE} ${RENEW_SCOPE}`, options)) ?? (await requestToRead(url, options)),
  });
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
  options: AccessTokenOptions,
): Promise<AccessToken | undefined> {
  const granted = await requestToken(url, scope, options);
  if (granted === undefined || !granted.scopes.includes(READ_SCOPE)) {
    return undefined;
  }
  const { token, expiresAtMs, scopes } = granted;
  return { token, expiresAtMs, canRenew: scopes.includes(RENEW_SCOPE) };
}
