import type { JsonDocument, RequestHandler } from "@countersign/node";
import type { CallRequest } from "@countersign/node/internal";
import type { IssuerOptions } from "@countersign/server";
import { createAuthenticator, createTrustedIssuers, resolveIssuer } from "@countersign/server/internal";
import { readAssertionIssuer } from "../credentials/client-assertion.ts";
import { createOAuthEndpoints } from "../oauth2/endpoints.ts";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "../oauth2/metadata.ts";
import { createTokenExchange } from "../services/token-exchange.ts";
import { createTokenLookup } from "../services/token-lookup.ts";
import { createRefreshLookup } from "../sessions/refresh-lookup.ts";
import type { Issuance, IssuerGround } from "./issuance.ts";

/** Tokens that are exchanged and asked about; calls have a cache of their own. */
const CACHE_ENTRIES = 1_000;

/** What the endpoints need beside what the issuer runs on. */
export interface EndpointParts {
  readonly issuance: Issuance;
  /** How tokens of our own are verified. */
  readonly trust: IssuerOptions;
  /** Says where a request comes from, in the form that limits count by. */
  readonly peerOf: (req: CallRequest) => string;
}

/** Put the OAuth endpoints together: the same sessions, for clients that do not speak RPC. */
export function composeEndpoints(
  ground: IssuerGround,
  { issuance, trust, peerOf }: EndpointParts,
): Readonly<Record<string, RequestHandler>> {
  const { clock, revocations, store, secret, options } = ground;
  const { sessions, signIn, accessGrants, federation, externalTerms, isOtherIssuer } = issuance;
  const { issuer } = trust;
  const authenticate = authenticateOwn(ground, trust);
  const issuerOf = readAssertionIssuer;
  return createOAuthEndpoints({
    signIn,
    sessions,
    revocations,
    issuerOf,
    isOtherIssuer,
    peerOf,
    issuer,
    audience: options.audience,
    exchange: createTokenExchange({ issuer, authenticate, issuerOf, federation, sessions, accessGrants }),
    findToken: createTokenLookup({
      authenticate,
      sessions,
      nowMs: () => clock.nowMs(),
      endReasonOf: (sessionId) => revocations.endReasonOf(sessionId),
      findRefreshToken: createRefreshLookup({ store, secret, externalTerms }),
    }),
    onError: (error) => options.onError(error, "unexpected error of an OAuth endpoint"),
  });
}

function authenticateOwn({ clock, options, revocations }: IssuerGround, trust: IssuerOptions) {
  const { audience, clockToleranceMs } = options;
  const authenticator = createAuthenticator({
    issuers: createTrustedIssuers([resolveIssuer(trust, { audience, clock })]),
    revocations,
    clock,
    toleranceSeconds: clockToleranceMs / 1_000,
    cacheEntries: CACHE_ENTRIES,
  });
  return (token: string) => authenticator.authenticate(token);
}

/** Put the public documents together: the key set, and what clients discover. */
export function composeDocuments({ options, keyRing }: IssuerGround): Readonly<Record<string, JsonDocument>> {
  const { url, jwksMaxAgeMs } = options;
  const metadata = { read: () => toMetadataDocument(url) };
  // RFC 8414 §3.1: the path of the issuer goes behind the well-known one.
  const path = new URL(url).pathname.replace(/\/$/, "");
  return {
    "/.well-known/jwks.json": {
      read: () => toJwksDocument(keyRing.publicJwks()),
      maxAgeSeconds: Math.floor(jwksMaxAgeMs / 1_000),
    },
    "/.well-known/oauth-authorization-server": metadata,
    [`/.well-known/oauth-authorization-server${path}`]: metadata,
    "/.well-known/openid-configuration": { read: () => toOpenIdDocument(url) },
  };
}
