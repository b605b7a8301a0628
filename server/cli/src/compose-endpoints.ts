import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "@countersign/issuer";
import {
  createOAuthEndpoints,
  createRefreshLookup,
  createTokenExchange,
  createTokenLookup,
  readAssertionIssuer,
} from "@countersign/issuer/internal";
import type { JsonDocument, RequestHandler } from "@countersign/node";
import type { CallRequest } from "@countersign/node/internal";
import type { IssuerOptions } from "@countersign/server";
import { createAuthenticator, createTrustedIssuers, resolveIssuer } from "@countersign/server/internal";
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
): Readonly<Record<string, RequestHandler>> {
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
