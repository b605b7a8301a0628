import type { Clock } from "../kernel/clock.ts";
import { createMetadataFetch } from "../keys/discover.ts";
import type { UrlCheck } from "../keys/secure-url.ts";
import { SignalsError } from "./signals-error.ts";

/** Gets tokens for a client itself. */
export interface TokenSource<Token> {
  /** Get one with at least half of its life before it. Those who ask at the same time get the same. @throws SignalsError */
  get(): Promise<Token>;
  /** Forget a token that is not taken. */
  forget(token: Token): void;
}

/** What {@link createTokenSource} needs. */
export interface TokenSourceOptions<Token> {
  /** Whose tokens: its metadata say where they are granted. */
  readonly issuer: string;
  readonly urls: UrlCheck;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  /** Asks a token endpoint. @throws SignalsError */
  readonly request: (endpoint: URL) => Promise<Token>;
}

/** Create what gets tokens, and keeps the last one. */
export function createTokenSource<Token extends { readonly expiresAtMs: number }>(
  options: TokenSourceOptions<Token>,
): TokenSource<Token> {
  const { clock, request } = options;
  const findEndpoint = createEndpointSearch(options);
  let getting: Promise<Token> | undefined;
  let got: { readonly token: Token; readonly goodUntilMs: number } | undefined;
  let notBeforeMs = Number.NEGATIVE_INFINITY;

  async function getAnew(): Promise<Token> {
    const waitMs = notBeforeMs - clock.monotonicMs();
    if (waitMs > 0) {
      throw busy(waitMs);
    }
    try {
      return await request(await findEndpoint());
    } catch (error) {
      if (error instanceof SignalsError && error.retryAfterMs !== undefined) {
        notBeforeMs = clock.monotonicMs() + error.retryAfterMs;
      }
      throw error;
    }
  }

  async function keepNew(): Promise<Token> {
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

function createEndpointSearch({
  issuer,
  urls,
  fetch,
  clock,
}: Omit<TokenSourceOptions<unknown>, "request">): () => Promise<URL> {
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

function busy(retryAfterMs: number): SignalsError {
  return new SignalsError("unreachable", "the issuer grants no token just now", { retryAfterMs });
}
