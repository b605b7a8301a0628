import type { Endpoint, IssuerOptions } from "@countersign/server";
import {
  createAuthenticator,
  createTrustedIssuers,
  resolveIssuer,
  type TokenOrigin,
} from "@countersign/server/internal";
import { readAssertionIssuer } from "../credentials/client-assertion.ts";
import { createDocuments } from "../oauth2/documents.ts";
import { createOAuthEndpoints } from "../oauth2/endpoints.ts";
import {
  createTokenExchange,
  type TokenExchange,
  type TokenExchangeOptions,
} from "../services/token-exchange.ts";
import { createTokenLookup } from "../services/token-lookup.ts";
import { createRefreshLookup } from "../sessions/refresh-lookup.ts";
import { createSubjectLimit, type SubjectLimit } from "../sessions/subject-limit.ts";
import type { Issuance } from "./issuance.ts";
import type { IssuerContext } from "./issuer-context.ts";

/** Tokens that are exchanged and asked about; calls have a cache of their own. */
const CACHE_ENTRIES = 1_000;

/** What the endpoints need beside what the issuer runs on. */
export interface EndpointParts {
  readonly issuance: Issuance;
  /** How tokens of our own are verified. */
  readonly trust: IssuerOptions;
}

/** Put the OAuth endpoints together: the same sessions, for clients that do not speak RPC. */
export function composeEndpoints(
  context: IssuerContext,
  { issuance, trust }: EndpointParts,
): Readonly<Record<string, Endpoint>> {
  const { clock, revocations, store, secret, options } = context;
  const { audience, resources, maxTokenBytes } = options;
  const { sessions, signIn, readProvenKey, externalTerms, isOtherIssuer } = issuance;
  const { issuer } = trust;
  const authenticate = authenticateOwn(context, trust);
  const issuerOf = (token: string) => readAssertionIssuer(token, maxTokenBytes);
  return createOAuthEndpoints({
    signIn,
    sessions,
    revocations,
    tokenRevocations: limitTokenRevocations(context),
    readProvenKey,
    issuerOf,
    isOtherIssuer,
    clock,
    issuer,
    audience,
    resources,
    exchange: composeExchange({ issuance, issuer, store, authenticate, issuerOf }),
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

type ExchangeParts = Pick<TokenExchangeOptions, "authenticate" | "issuer" | "issuerOf" | "store"> &
  Pick<EndpointParts, "issuance">;

function composeExchange({ issuance, issuer, store, authenticate, issuerOf }: ExchangeParts): TokenExchange {
  const { federation, sessions, accessGrants, confirmSession } = issuance;
  return createTokenExchange({
    issuer,
    store,
    authenticate,
    issuerOf,
    federation,
    sessions,
    accessGrants,
    confirmSession,
  });
}

function limitTokenRevocations({ options, clock }: IssuerContext): SubjectLimit {
  return createSubjectLimit({
    perHour: options.tokenRevocationsPerHour,
    clock,
    message: "too many revocations of single tokens of this subject: wait, or let them expire",
  });
}

function authenticateOwn({ clock, options, revocations }: IssuerContext, trust: IssuerOptions) {
  const { audience, resources, clockToleranceMs, maxTokenBytes } = options;
  // Whatever resource a token is for, it is one of ours: asked about, exchanged or revoked here.
  const own = { ...trust, audiences: [audience, ...resources] };
  const authenticator = createAuthenticator({
    issuers: createTrustedIssuers([resolveIssuer(own, { audience, clock })]),
    revocations,
    clock,
    toleranceSeconds: clockToleranceMs / 1_000,
    cacheEntries: CACHE_ENTRIES,
    // An exchange asks for the proof; to ask about a token, or to revoke it, takes none.
    acceptsBoundTokens: true,
    maxTokenBytes,
  });
  return (token: string, origin: TokenOrigin) => authenticator.authenticate(token, origin);
}

/** Put the public documents together: the key set, and what clients discover. */
export function composeDocuments({ options, keyRing }: IssuerContext): Readonly<Record<string, Endpoint>> {
  return createDocuments({
    issuer: options.url,
    resources: options.resources,
    mtlsUrl: options.mtlsUrl,
    publicJwks: () => keyRing.publicJwks(),
    jwksMaxAgeSeconds: Math.floor(options.jwksMaxAgeMs / 1_000),
    onError: (error) => options.onError(error, "a public document could not be made"),
  });
}
