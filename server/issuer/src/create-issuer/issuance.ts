import { createProofVerifier, createTrustedIssuers } from "@countersign/server/internal";
import { createAccountLimiter } from "../credentials/account-limiter.ts";
import { type CallerRecognitionOptions, createCallerRecognition } from "../credentials/caller-recognition.ts";
import {
  type ClientAuthentication,
  createClientAuthentication,
} from "../credentials/client-authentication.ts";
import { type FederatedIssuer, toExternalTerms } from "../credentials/federated-identity.ts";
import { createFederation, type Federation } from "../credentials/federation.ts";
import { createKnownDevices } from "../credentials/known-devices.ts";
import { createOwedAttempts } from "../credentials/owed-attempts.ts";
import { createPasswords } from "../credentials/password.ts";
import { createPasswordChange } from "../credentials/password-change.ts";
import {
  createPasswordSignIn,
  type PasswordSignIn,
  type PasswordSignInOptions,
} from "../credentials/password-sign-in.ts";
import { createSharedSignInLimiter } from "../credentials/shared-sign-in-limiter.ts";
import { limitSignInAttempts } from "../credentials/sign-in-attempts.ts";
import { createTrustedAssertions } from "../credentials/trusted-assertions.ts";
import { toMetadataDocument } from "../oauth2/metadata.ts";
import { createSealedMessages } from "../renewal/sealed-messages.ts";
import { createProvenKeyReader, type ReadProvenKey } from "../services/sender-proof.ts";
import { createSignIn, type SignIn } from "../services/session-sign-in.ts";
import { type AccessGrants, createAccessGrants } from "../sessions/access-grants.ts";
import { type ConfirmSession, createConfirmSession } from "../sessions/confirm-session.ts";
import { createSessionIdReader } from "../sessions/refresh-token.ts";
import { createHashReplacer } from "../sessions/replace-password.ts";
import type { SessionsOptions } from "../sessions/session-options.ts";
import { createSessions, type Sessions } from "../sessions/sessions.ts";
import { createSubjectLimit } from "../sessions/subject-limit.ts";
import { createTokenClaims, type TokenClaims } from "../sessions/token-claims.ts";
import type { IssuerContext } from "./issuer-context.ts";

/** Everything that begins a session or goes on with one. */
export interface Issuance {
  readonly sessions: Sessions;
  readonly accessGrants: AccessGrants;
  readonly confirmSession: ConfirmSession;
  readonly federation: Federation;
  readonly signIn: SignIn;
  /** Reads the DPoP proofs of calls for tokens: one for RPCs and for OAuth, so that none is taken twice. */
  readonly readProvenKey: ReadProvenKey;
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
  const { options, clock, revocations, store } = context;
  const toleranceSeconds = options.clockToleranceMs / 1_000;
  const { maxTokenBytes } = options;
  const exchanged = federated.filter(({ clientsOnly }) => clientsOnly !== true);
  const termsOf = new Map(exchanged.map((other) => [other.trusted.issuer, toExternalTerms(other)]));
  // Of a tenant, the terms are those of the issuer that it is a tenant of.
  const trusted = createTrustedIssuers(exchanged.map((other) => other.trusted));
  const externalTerms = (name: string) => termsOf.get(trusted.get(name)?.issuer ?? "");
  const tokenClaims = composeTokenClaims(context);
  const newSessions = createSubjectLimit({
    perHour: options.newSessionsPerHour,
    clock,
    message: "too many new sessions of this subject: wait before the next",
  });
  const sessions = composeSessions(context, { tokenClaims, externalTerms, newSessions });
  const accessGrants = composeAccessGrants(context, { tokenClaims, newSessions });
  const confirmSession = createConfirmSession({ store, clock, audit: options.audit, revocations });
  const federation = createFederation({
    issuers: exchanged,
    revocations,
    clock,
    toleranceSeconds,
    maxTokenBytes,
  });
  return {
    sessions,
    accessGrants,
    confirmSession,
    federation,
    signIn: composeSignIn(context, { sessions, accessGrants, confirmSession, federation, federated }, opened),
    readProvenKey: composeProvenKeyReader(context),
    externalTerms,
    isOtherIssuer: (name) => trusted.get(name) !== undefined,
  };
}

function composeProvenKeyReader({ options, clock }: IssuerContext): ReadProvenKey {
  const { dpop, publicUrls } = options;
  const { windowSeconds, maxRemembered, nonces } = dpop;
  return createProvenKeyReader(
    createProofVerifier({ publicUrls, clock, windowSeconds, maxRemembered, nonces }),
  );
}

type GrantParts = Pick<SessionsOptions, "newSessions" | "tokenClaims">;

function composeSessions(
  { options, secret, revocations, store, clock, keyRing }: IssuerContext,
  { tokenClaims, externalTerms, newSessions }: GrantParts & Pick<Issuance, "externalTerms">,
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
    newSessions,
    onRefresh: options.observer.refreshDecided,
  });
}

function composeAccessGrants(
  { options, store, clock, keyRing }: IssuerContext,
  { tokenClaims, newSessions }: GrantParts,
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
    newSessions,
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

interface SignInParts extends Pick<Issuance, "accessGrants" | "confirmSession" | "federation" | "sessions"> {
  readonly federated: readonly FederatedIssuer[];
}

/** Put together what checks credentials and begins sessions for them. */
function composeSignIn(
  context: IssuerContext,
  { sessions, accessGrants, confirmSession, federation, federated }: SignInParts,
  opened: AsyncDisposableStack,
): SignIn {
  const { options, store, clock, secret, revocations } = context;
  const { audit, url: issuer, bus, signInsPerMinute: perMinute, onError } = options;
  const passwords = createPasswords(options.passwordCost);
  const attempts = limitSignInAttempts({ store, clock, bus, perMinute, onError }, opened);
  const devices = createKnownDevices({ issuer, secret, clock });
  const passwordSignIn = composePasswordSignIn(context, { passwords, attempts, devices }, opened);
  return createSignIn({
    sessions,
    accessGrants,
    confirmSession,
    federation,
    issuer,
    audit,
    devices,
    attempts,
    passwordSignIn,
    passwordChange: createPasswordChange({
      store,
      passwords,
      passwordSignIn,
      acceptPassword: options.acceptPassword,
      audit,
      replaceHash: createHashReplacer({ store, clock, audit, revocations }),
    }),
    authenticateClient: composeClientAuthentication(context, federated),
  });
}

/** Put together what checks passwords, and slows down guesses at them. */
function composePasswordSignIn(
  { store, clock, secret }: IssuerContext,
  {
    passwords,
    attempts,
    devices,
  }: Pick<PasswordSignInOptions, "passwords"> & Pick<CallerRecognitionOptions, "attempts" | "devices">,
  opened: AsyncDisposableStack,
): PasswordSignIn {
  const sessionIdOf = createSessionIdReader(secret);
  const sealer = createSealedMessages({ secret, clock });
  return createPasswordSignIn({
    store,
    passwords,
    recognize: createCallerRecognition({ store, clock, sessionIdOf, devices, attempts }),
    limiter: createAccountLimiter({
      failures: createSharedSignInLimiter({ store, clock }),
      owed: createOwedAttempts({ clock, bus: store.bus, sealer }, opened),
    }),
  });
}

function composeClientAuthentication(
  { options, store, clock, revocations }: IssuerContext,
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
      revocations,
      store,
      clock,
      toleranceSeconds,
      maxTokenBytes,
      audiences,
    }),
  });
}
