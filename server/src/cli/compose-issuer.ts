import type { ServiceImpl } from "@connectrpc/connect";
import type { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { createAuthenticator } from "../authenticate/authenticator.ts";
import { createTrustedIssuers } from "../authenticate/issuers.ts";
import { type IssuerOptions, resolveIssuer } from "../connect/issuer-options.ts";
import { readAssertionIssuer } from "../credentials/client-assertion.ts";
import { createClientAuthentication } from "../credentials/client-authentication.ts";
import { type FederatedIssuer, toExternalTerms } from "../credentials/federated-identity.ts";
import { createFederation } from "../credentials/federation.ts";
import { createPasswords } from "../credentials/password.ts";
import { createPasswordSignIn } from "../credentials/password-sign-in.ts";
import { createSharedSignInLimiter } from "../credentials/shared-sign-in-limiter.ts";
import type { JsonDocument } from "../http/documents.ts";
import type { CallRequest, HttpHandler } from "../http/handler.ts";
import { createOAuthEndpoints } from "../http/oauth2/endpoints.ts";
import { readPeer } from "../http/peer.ts";
import { createAccessGrants } from "../issue/access-grants.ts";
import { toJwksDocument, toMetadataDocument, toOpenIdDocument } from "../issue/metadata.ts";
import { createRefreshLookup } from "../issue/refresh-lookup.ts";
import { createSessions } from "../issue/sessions.ts";
import { createSessionService } from "../services/session-service.ts";
import { createSignIn, type SignIn } from "../services/session-sign-in.ts";
import { createTokenExchange } from "../services/token-exchange.ts";
import { createTokenLookup } from "../services/token-lookup.ts";
import type { Backend } from "./open-backend.ts";
import { limitSignInAttempts } from "./sign-in-attempts.ts";

/** The built-in issuer of a server. */
export interface ComposedIssuer {
  /** How its tokens are verified in calls. */
  readonly options: IssuerOptions;
  /** Signs in, refreshes and signs out. */
  readonly service: ServiceImpl<typeof SessionService>;
  /** Its public documents, by their path. */
  readonly documents: Readonly<Record<string, JsonDocument>>;
  /** Its OAuth endpoints, by their path. */
  readonly endpoints: Readonly<Record<string, HttpHandler>>;
  /** Says where a request comes from, in the form that limits count by. */
  readonly peerOf: (req: CallRequest) => string;
}

/** What the built-in issuer is called, and whose tokens it exchanges. */
export interface IssuerParts {
  /** The name that stands in its tokens. */
  readonly issuerUrl: string;
  readonly federated: readonly FederatedIssuer[];
  /** Closes what this opens. */
  readonly opened: AsyncDisposableStack;
}

/** Tokens that are exchanged and asked about; calls have a cache of their own. */
const CACHE_ENTRIES = 1_000;

/** Put the built-in issuer together. */
export function composeIssuer(backend: Backend, parts: IssuerParts): ComposedIssuer {
  const { config, revocations, log } = backend;
  const { issuerUrl } = parts;
  const common = toIssuing(backend, issuerUrl);
  const termsOf = new Map(parts.federated.map((issuer) => [issuer.trusted.issuer, toExternalTerms(issuer)]));
  const externalTerms = (issuer: string) => termsOf.get(issuer);
  const sessions = createSessions({ ...common, secret: backend.secret, revocations, externalTerms });
  const accessGrants = createAccessGrants(common);
  const federation = createFederation({ ...common, issuers: parts.federated });
  const attempts = limitSignInAttempts(backend, parts.opened);
  const signIn = composeSignIn(backend, { ...common, sessions, accessGrants, federation, attempts });
  const options = toIssuerOptions(backend, issuerUrl);
  const authenticate = authenticateOwn(backend, options);
  const issuerOf = readAssertionIssuer;
  const isBehindProxy = config.behindTlsProxy;
  const peerOf = (req: CallRequest): string => readPeer(req, { isBehindProxy });
  const allowed = new Set([new URL(issuerUrl).origin, ...config.corsOrigins]);
  return {
    options,
    peerOf,
    service: createSessionService({
      sessions,
      signIn,
      issuer: issuerUrl,
      isCookieOrigin: (origin) => allowed.has(origin),
    }),
    documents: toDocuments(backend, issuerUrl),
    endpoints: createOAuthEndpoints({
      ...{ signIn, sessions, revocations, issuerOf, peerOf, issuer: issuerUrl, audience: config.audience },
      isOtherIssuer: (name) => termsOf.has(name),
      exchange: createTokenExchange({
        ...{ issuer: issuerUrl, authenticate, issuerOf, federation, sessions, accessGrants },
      }),
      findToken: createTokenLookup({
        ...{ authenticate, sessions, nowMs: () => backend.clock.nowMs() },
        findRefreshToken: createRefreshLookup({ ...backend, externalTerms }),
      }),
      onError: (err) => log.error({ err }, "unexpected error of an OAuth endpoint"),
    }),
  };
}

/** What everything that issues tokens needs. */
function toIssuing({ clock, config, store, keyRing, audit }: Backend, issuer: string) {
  const { audience, accessTtl: accessTtlMs } = config;
  const toleranceSeconds = config.clockTolerance / 1_000;
  return { store, keyRing, audit, issuer, audience, accessTtlMs, toleranceSeconds, clock };
}

function composeSignIn(
  { clock, store, audit }: Backend,
  parts: ReturnType<typeof toIssuing> &
    Pick<Parameters<typeof createSignIn>[0], "sessions" | "accessGrants" | "federation" | "attempts">,
): SignIn {
  return createSignIn({
    ...parts,
    audit,
    passwordSignIn: createPasswordSignIn({
      store,
      passwords: createPasswords(),
      limiter: createSharedSignInLimiter({ store, clock }),
    }),
    authenticateClient: createClientAuthentication(parts),
  });
}

function toIssuerOptions({ keyRing }: Backend, issuer: string): IssuerOptions {
  return {
    issuer,
    algorithms: ["ES256"],
    keys: { source: keyRing.keySource },
    requireProfileClaims: true,
  };
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

function toDocuments({ config, keyRing }: Backend, issuerUrl: string): ComposedIssuer["documents"] {
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
