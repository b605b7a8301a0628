import { createAuthenticator } from "../authenticate/authenticator.ts";
import { createTrustedIssuers } from "../authenticate/issuers.ts";
import { type IssuerOptions, resolveIssuer } from "../connect/issuer-options.ts";
import { readAssertionIssuer } from "../credentials/client-assertion.ts";
import type { JsonDocument } from "../http/documents.ts";
import type { CallRequest, HttpHandler } from "../http/handler.ts";
import { createOAuthEndpoints } from "../http/oauth2/endpoints.ts";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "../issue/metadata.ts";
import { createRefreshLookup } from "../issue/refresh-lookup.ts";
import { createTokenExchange } from "../services/token-exchange.ts";
import { createTokenLookup } from "../services/token-lookup.ts";
import type { Issuance } from "./compose-issuance.ts";
import type { Backend } from "./open-backend.ts";

/** Tokens that are exchanged and asked about; calls have a cache of their own. */
const CACHE_ENTRIES = 1_000;

/** What {@link composeEndpoints} needs beside what the server runs on. */
export interface EndpointParts extends Issuance {
  /** How tokens of our own are verified. */
  readonly options: IssuerOptions;
  /** Says where a request comes from, in the form that limits count by. */
  readonly peerOf: (req: CallRequest) => string;
}

/** Put the OAuth endpoints together: the same sessions, for clients that do not speak RPC. */
export function composeEndpoints(
  backend: Backend,
  parts: EndpointParts,
): Readonly<Record<string, HttpHandler>> {
  const { config, clock, revocations, log } = backend;
  const { sessions, signIn, accessGrants, federation, externalTerms, isOtherIssuer, options, peerOf } = parts;
  const { issuer } = options;
  const authenticate = authenticateOwn(backend, options);
  const issuerOf = readAssertionIssuer;
  return createOAuthEndpoints({
    ...{ signIn, sessions, revocations, issuerOf, isOtherIssuer, peerOf, issuer, audience: config.audience },
    exchange: createTokenExchange({ issuer, authenticate, issuerOf, federation, sessions, accessGrants }),
    findToken: createTokenLookup({
      ...{ authenticate, sessions, nowMs: () => clock.nowMs() },
      endReasonOf: (sessionId) => revocations.endReasonOf(sessionId),
      findRefreshToken: createRefreshLookup({ ...backend, externalTerms }),
    }),
    onError: (err) => log.error({ err }, "unexpected error of an OAuth endpoint"),
  });
}

function authenticateOwn({ clock, config, revocations }: Backend, options: IssuerOptions) {
  const { audience } = config;
  const authenticator = createAuthenticator({
    issuers: createTrustedIssuers([resolveIssuer(options, { audience, clock })]),
    revocations,
    clock,
    toleranceSeconds: config.clockTolerance / 1_000,
    cacheEntries: CACHE_ENTRIES,
  });
  return (token: string) => authenticator.authenticate(token);
}

/** Put the public documents together: the key set, and what clients discover. */
export function composeDocuments(
  { config, keyRing }: Backend,
  issuerUrl: string,
): Readonly<Record<string, JsonDocument>> {
  const metadata = { read: () => toMetadataDocument(issuerUrl) };
  // RFC 8414 §3.1: the path of the issuer goes behind the well-known one.
  const path = new URL(issuerUrl).pathname.replace(/\/$/, "");
  return {
    "/.well-known/jwks.json": {
      read: () => toJwksDocument(keyRing.publicJwks()),
      maxAgeSeconds: Math.floor(config.jwksMaxAge / 1_000),
    },
    "/.well-known/oauth-authorization-server": metadata,
    [`/.well-known/oauth-authorization-server${path}`]: metadata,
    "/.well-known/openid-configuration": { read: () => toOpenIdDocument(issuerUrl) },
  };
}
