import { createTrustedIssuers } from "@countersign/server/internal";
import {
  type ClientAuthentication,
  createClientAuthentication,
} from "../credentials/client-authentication.ts";
import { type FederatedIssuer, toExternalTerms } from "../credentials/federated-identity.ts";
import { createFederation, type Federation } from "../credentials/federation.ts";
import { createPasswords } from "../credentials/password.ts";
import { createPasswordChange } from "../credentials/password-change.ts";
import { createPasswordSignIn } from "../credentials/password-sign-in.ts";
import { createSharedSignInLimiter } from "../credentials/shared-sign-in-limiter.ts";
import { limitSignInAttempts } from "../credentials/sign-in-attempts.ts";
import { createTrustedAssertions } from "../credentials/trusted-assertions.ts";
import { toMetadataDocument } from "../oauth2/metadata.ts";
import { createSignIn, type SignIn } from "../services/session-sign-in.ts";
import { type AccessGrants, createAccessGrants } from "../sessions/access-grants.ts";
import { createHashReplacer } from "../sessions/replace-password.ts";
import type { SessionsOptions } from "../sessions/session-options.ts";
import { createSessions, type Sessions } from "../sessions/sessions.ts";
import { createTokenClaims, type TokenClaims } from "../sessions/token-claims.ts";
import type { IssuerContext } from "./issuer-context.ts";

/** Everything that begins a session or goes on with one. */
export interface Issuance {
  readonly sessions: Sessions;
  readonly accessGrants: AccessGrants;
  readonly federation: Federation;
  readonly signIn: SignIn;
  /** What the subjects of another issuer can have at a refresh. */
  readonly externalTerms: NonNullable<SessionsOptions["externalTerms"]>;
  /** Whether tokens of this name can be exchanged. */
  readonly isOtherIssuer: (name: string) => boolean;
}

/**
 * Put together what issues tokens, for RPCs and for OAuth.
 *
 * @param federated whose tokens are exchanged, or authenticate clients
 * @param opened closes what this opens
 */
export function createIssuance(
  context: IssuerContext,
  federated: readonly FederatedIssuer[],
  opened: AsyncDisposableStack,
): Issuance {
  const { options, clock } = context;
  const toleranceSeconds = options.clockToleranceMs / 1_000;
  const { maxTokenBytes } = options;
  const exchanged = federated.filter(({ clientsOnly }) => clientsOnly !== true);
  const termsOf = new Map(exchanged.map((other) => [other.trusted.issuer, toExternalTerms(other)]));
  // Of a tenant, the terms are those of the issuer that it is a tenant of.
  const trusted = createTrustedIssuers(exchanged.map((other) => other.trusted));
  const externalTerms = (name: string) => termsOf.get(trusted.get(name)?.issuer ?? "");
  const tokenClaims = composeTokenClaims(context);
  const sessions = composeSessions(context, { tokenClaims, externalTerms });
  const accessGrants = composeAccessGrants(context, tokenClaims);
  const federation = createFederation({ issuers: exchanged, clock, toleranceSeconds, maxTokenBytes });
  return {
    sessions,
    accessGrants,
    federation,
    signIn: composeSignIn(context, { sessions, accessGrants, federation, federated }, opened),
    externalTerms,
    isOtherIssuer: (name) => trusted.get(name) !== undefined,
  };
}

function composeSessions(
  { options, secret, revocations, store, clock, keyRing }: IssuerContext,
  { tokenClaims, externalTerms }: Pick<SessionsOptions, "tokenClaims"> & Pick<Issuance, "externalTerms">,
): Sessions {
  return createSessions({
    store,
    keyRing,
    secret,
    issuer: options.url,
    audience: options.audience,
    resources: options.resources,
    tokenClaims,
    accessTtlMs: options.accessTtlMs,
    idleTtlMs: options.sessionIdleTtlMs,
    absoluteTtlMs: options.sessionMaxTtlMs,
    externalTerms,
    clock,
    audit: options.audit,
    revocations,
    onRefresh: options.observer.refreshDecided,
  });
}

function composeAccessGrants(
  { options, store, clock, keyRing }: IssuerContext,
  tokenClaims: TokenClaims | undefined,
): AccessGrants {
  return createAccessGrants({
    store,
    keyRing,
    issuer: options.url,
    audience: options.audience,
    resources: options.resources,
    tokenClaims,
    accessTtlMs: options.accessTtlMs,
    clock,
    audit: options.audit,
  });
}

/** @returns undefined when there is no hook: tokens then have the claims of the store */
function composeTokenClaims({ options, clock }: IssuerContext): TokenClaims | undefined {
  const { claims: hook, onError } = options;
  return (
    hook &&
    createTokenClaims({
      hook,
      clock,
      onError: (error) => onError(error, "the claims of a token could not be had"),
    })
  );
}

interface SignInParts extends Pick<Issuance, "sessions" | "accessGrants" | "federation"> {
  readonly federated: readonly FederatedIssuer[];
}

/** Put together what checks credentials and begins sessions for them. */
function composeSignIn(
  { options, store, clock, revocations }: IssuerContext,
  { sessions, accessGrants, federation, federated }: SignInParts,
  opened: AsyncDisposableStack,
): SignIn {
  const { audit, url: issuer, bus, signInsPerMinute: perMinute, onError } = options;
  const passwords = createPasswords(options.passwordCost);
  const limiter = createSharedSignInLimiter({ store, clock });
  const passwordSignIn = createPasswordSignIn({ store, passwords, limiter });
  return createSignIn({
    sessions,
    accessGrants,
    federation,
    issuer,
    audit,
    attempts: limitSignInAttempts({ store, clock, bus, perMinute, onError }, opened),
    passwordSignIn,
    passwordChange: createPasswordChange({
      store,
      passwords,
      passwordSignIn,
      acceptPassword: options.acceptPassword,
      audit,
      replaceHash: createHashReplacer({ store, clock, audit, revocations }),
    }),
    authenticateClient: composeClientAuthentication({ options, store, clock }, federated),
  });
}

function composeClientAuthentication(
  { options, store, clock }: Pick<IssuerContext, "clock" | "options" | "store">,
  issuers: readonly FederatedIssuer[],
): ClientAuthentication {
  const { url: issuer, maxTokenBytes } = options;
  const toleranceSeconds = options.clockToleranceMs / 1_000;
  // RFC 7523 §3: the authorization server, by its name or by its token endpoint.
  const audiences = [issuer, toMetadataDocument(issuer).token_endpoint];
  return createClientAuthentication({
    store,
    clock,
    issuer,
    toleranceSeconds,
    maxTokenBytes,
    trustedAssertions: createTrustedAssertions({
      issuers,
      store,
      clock,
      toleranceSeconds,
      maxTokenBytes,
      audiences,
    }),
  });
}
