import { createAuthenticator } from "../../server/gate/src/authenticate/authenticator.ts";
import { createTrustedIssuers } from "../../server/gate/src/authenticate/issuers.ts";
import { resolveIssuer } from "../../server/gate/src/connect/issuer-options.ts";
import { readAssertionIssuer } from "../../server/issuer/src/credentials/client-assertion.ts";
import { createOAuthEndpoints } from "../../server/issuer/src/oauth2/endpoints.ts";
import { createTokenExchange } from "../../server/issuer/src/services/token-exchange.ts";
import { createTokenLookup } from "../../server/issuer/src/services/token-lookup.ts";
import { createRefreshLookup } from "../../server/issuer/src/sessions/refresh-lookup.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../server/issuer/src/sessions/session-options.ts";
import type { IssuedTokens } from "../../server/issuer/src/sessions/tokens.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import { createOtherIssuer, createTestSignIns, type OtherIssuer, trustForRefresh } from "./sign-ins.ts";
import { openTestSqlite } from "./stores.ts";
import { startTestIssuer, TEST_AUDIENCE, TEST_ISSUER, type TestIssuer } from "./test-issuer.ts";

/** The OAuth endpoints on a port, over an empty store, with a clock that stands still. */
export interface OAuthServer extends AsyncDisposable {
  readonly origin: string;
  readonly issuer: TestIssuer;
  /** An issuer whose tokens are exchanged. */
  readonly other: OtherIssuer;
  /** What went wrong inside, if anything did. */
  readonly errors: readonly unknown[];
  /** The tokens that were revoked one by one. */
  readonly revokedTokens: readonly string[];
  /** How many revocations wait to be written. */
  readonly waiting: { count: number };
  /** Begin a session of the account of tests, from our own pages. */
  beginSession(): Promise<IssuedTokens>;
  /** Post a form, and read the answer. */
  post(path: string, form: Form, headers?: Readonly<Record<string, string>>): Promise<OAuthAnswer>;
}

/** The parameters of a form. Pairs, where one may stand twice. */
export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

/** An answer of an endpoint. */
export interface OAuthAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The parsed body; an empty object when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** The origin whose scripts may call. */
export const ALLOWED_ORIGIN = "https://app.example";

/** Start the endpoints. @param exchange what tokens of the other issuer are worth, where it differs */
export async function startOAuthServer(
  exchange: Parameters<typeof createOtherIssuer>[1] = {},
): Promise<OAuthServer> {
  const store = await openTestSqlite();
  const issuer = await startTestIssuer(store);
  const errors: unknown[] = [];
  const revokedTokens: string[] = [];
  const waiting = { count: 0 };
  const other = createOtherIssuer(issuer.clock, exchange);
  trustForRefresh(issuer, other.federated);
  const endpoints = composeEndpoints(issuer, other, { errors, revokedTokens, waiting });
  const nothing = { routes: () => undefined, requestGate: () => undefined, interceptors: [] };
  const allowedOrigins = [ALLOWED_ORIGIN];
  const onError = (error: unknown) => void errors.push(error);
  const listener = await listen(buildRequestListener({ ...nothing, endpoints, allowedOrigins, onError }));
  const { account, sessions } = issuer;
  return {
    ...{ origin: listener.origin, issuer, other, errors, revokedTokens, waiting },
    beginSession: () => sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] }),
    post: (path, form, headers = {}) => post(`${listener.origin}${path}`, form, headers),
    async [Symbol.asyncDispose]() {
      await listener.close(0);
      issuer[Symbol.dispose]();
      await store.close();
    },
  };
}

function composeEndpoints(
  issuer: TestIssuer,
  other: OtherIssuer,
  {
    errors,
    revokedTokens,
    waiting,
  }: {
    readonly errors: unknown[];
    readonly revokedTokens: string[];
    readonly waiting: { readonly count: number };
  },
): ReturnType<typeof createOAuthEndpoints> {
  const { store, clock, keyRing, secret, sessions, revoked } = issuer;
  const { signIn, accessGrants, federation } = createTestSignIns(issuer, [other.federated]);
  const options = { issuer: TEST_ISSUER, keys: { source: keyRing.keySource }, requireProfileClaims: true };
  const authenticator = createAuthenticator({
    issuers: createTrustedIssuers([resolveIssuer(options, { audience: TEST_AUDIENCE, clock })]),
    revocations: {
      isRevoked: ({ sessionId, tokenId }) =>
        revoked.some(({ value }) => value === sessionId) || revokedTokens.includes(tokenId ?? ""),
    },
    ...{ clock, toleranceSeconds: 0, cacheEntries: 10 },
  });
  const authenticate = (token: string) => authenticator.authenticate(token);
  const issuerOf = readAssertionIssuer;
  return createOAuthEndpoints({
    ...{ signIn, sessions, issuerOf, issuer: TEST_ISSUER, audience: TEST_AUDIENCE },
    isOtherIssuer: (name) => name === other.federated.trusted.issuer,
    exchange: createTokenExchange({
      ...{ issuer: TEST_ISSUER, authenticate, issuerOf, federation, sessions, accessGrants },
    }),
    findToken: createTokenLookup({
      ...{ authenticate, sessions, nowMs: () => clock.nowMs() },
      findRefreshToken: createRefreshLookup({
        ...{ store, secret, externalTerms: (name) => issuer.terms.get(name) },
      }),
    }),
    revocations: {
      revoke: async ({ jti }) => void revokedTokens.push(jti),
      get unwritten() {
        return waiting.count;
      },
    },
    onError: (error) => void errors.push(error),
    clock,
  });
}

async function post(
  url: string,
  form: Form,
  headers: Readonly<Record<string, string>>,
): Promise<OAuthAnswer> {
  const entries = Array.isArray(form) ? form : Object.entries(form);
  const body = new URLSearchParams(entries.map(([name, value]) => [name, value]));
  const response = await fetch(url, { method: "POST", body, headers });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
}
