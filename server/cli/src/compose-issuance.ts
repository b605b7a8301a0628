import type { SessionsOptions } from "@countersign/issuer";
import {
  type AccessGrants,
  createAccessGrants,
  createClientAuthentication,
  createFederation,
  createPasswordChange,
  createPasswordSignIn,
  createPasswords,
  createSessions,
  createSharedSignInLimiter,
  createSignIn,
  type FederatedIssuer,
  type Federation,
  type Sessions,
  type SignIn,
} from "@countersign/issuer";
import { toExternalTerms } from "@countersign/issuer/internal";
import type { Backend } from "./open-backend.ts";
import { limitSignInAttempts } from "./sign-in-attempts.ts";

/** What the built-in issuer is called, and whose tokens it exchanges. */
export interface IssuerParts {
  /** The name that stands in its tokens. */
  readonly issuerUrl: string;
  readonly federated: readonly FederatedIssuer[];
  /** Closes what this opens. */
  readonly opened: AsyncDisposableStack;
}

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

/** Put together what issues tokens, whoever asks for them. */
export function composeIssuance(backend: Backend, { issuerUrl, federated, opened }: IssuerParts): Issuance {
  const { secret, revocations, store, clock } = backend;
  const common = toCommon(backend, issuerUrl);
  const termsOf = new Map(federated.map((issuer) => [issuer.trusted.issuer, toExternalTerms(issuer)]));
  const externalTerms = (issuer: string) => termsOf.get(issuer);
  const sessions = createSessions({ ...common, secret, revocations, externalTerms });
  const accessGrants = createAccessGrants(common);
  const federation = createFederation({ ...common, issuers: federated });
  const passwords = createPasswords();
  const limiter = createSharedSignInLimiter({ store, clock });
  const passwordSignIn = createPasswordSignIn({ store, passwords, limiter });
  const signIn = createSignIn({
    ...{ ...common, sessions, accessGrants, federation },
    attempts: limitSignInAttempts(backend, opened),
    passwordSignIn,
    passwordChange: createPasswordChange({ store, passwords, passwordSignIn, audit: common.audit }),
    authenticateClient: createClientAuthentication(common),
  });
  return {
    ...{ sessions, accessGrants, federation, signIn, externalTerms },
    isOtherIssuer: (name) => termsOf.has(name),
  };
}

/** What everything that issues tokens needs. */
function toCommon({ clock, config, store, keyRing, audit }: Backend, issuer: string) {
  const { audience, accessTtl: accessTtlMs } = config;
  const toleranceSeconds = config.clockTolerance / 1_000;
  return { store, keyRing, audit, issuer, audience, accessTtlMs, toleranceSeconds, clock };
}
