import { resolveIssuer } from "../../server/gate/src/connect/issuer-options.ts";
import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import { createRateLimit } from "../../server/gate/src/kernel/rate-limit.ts";
import { createClientAuthentication } from "../../server/issuer/src/credentials/client-authentication.ts";
import { type Clients, createClients } from "../../server/issuer/src/credentials/clients.ts";
import {
  type FederatedIssuer,
  toExternalTerms,
} from "../../server/issuer/src/credentials/federated-identity.ts";
import { createFederation, type Federation } from "../../server/issuer/src/credentials/federation.ts";
import { createPasswords } from "../../server/issuer/src/credentials/password.ts";
import { createPasswordChange } from "../../server/issuer/src/credentials/password-change.ts";
import { createPasswordSignIn } from "../../server/issuer/src/credentials/password-sign-in.ts";
import { createSharedSignInLimiter } from "../../server/issuer/src/credentials/shared-sign-in-limiter.ts";
import { createSignIn, type SignIn } from "../../server/issuer/src/services/session-sign-in.ts";
import { type AccessGrants, createAccessGrants } from "../../server/issuer/src/sessions/access-grants.ts";
import { TEST_AUDIENCE, TEST_ISSUER, type TestIssuer } from "./test-issuer.ts";
import { createSigningKey, goodClaims, type SigningKey, signToken } from "./tokens.ts";

/** Weak, and so quick. */
export const testPasswords = createPasswords({ memoryKib: 64, passes: 1 });

/** All ways to sign in to an issuer of tests. */
export interface TestSignIns {
  readonly signIn: SignIn;
  readonly accessGrants: AccessGrants;
  readonly federation: Federation;
  /** What was told to the audit trail about signing in. */
  readonly events: readonly AuditEvent[];
}

/** Put all ways to sign in together. @param federated the other issuers whose tokens are exchanged */
export function createTestSignIns(
  issuer: TestIssuer,
  federated: readonly FederatedIssuer[] = [],
): TestSignIns {
  const { store, clock, keyRing, sessions } = issuer;
  const events: AuditEvent[] = [];
  const audit = { record: (event: AuditEvent) => void events.push(event) };
  const own = { store, clock, keyRing, audit, issuer: TEST_ISSUER, audience: TEST_AUDIENCE };
  const accessGrants = createAccessGrants({ ...own, accessTtlMs: 600_000 });
  const federation = createFederation({ issuers: federated, clock, toleranceSeconds: 0 });
  const limiter = createSharedSignInLimiter({ store, clock });
  const passwordSignIn = createPasswordSignIn({ store, passwords: testPasswords, limiter });
  const signIn = createSignIn({
    passwordSignIn,
    passwordChange: createPasswordChange({ store, passwords: testPasswords, passwordSignIn, audit }),
    authenticateClient: createClientAuthentication({ ...own, toleranceSeconds: 0 }),
    ...{ federation, sessions, accessGrants, audit, issuer: TEST_ISSUER },
    attempts: createRateLimit({ limit: 30, windowMs: 60_000, clock, message: "too many attempts" }),
  });
  return { signIn, accessGrants, federation, events };
}

type Members = Readonly<Record<string, unknown>>;

/** A client of tests, and its proof. */
export interface TestClient {
  readonly clientId: string;
  readonly secret: string;
  readonly key: SigningKey;
  /** The keeper that it was added with. */
  readonly clients: Clients;
  /** Sign an assertion, or one with other claims and another header. */
  assert(claims?: Members, header?: Members): string;
}

/** Add a client, with the key of tests instead of a secret when `key` is set. */
export async function addTestClient(
  { store, clock, sessions }: Pick<TestIssuer, "clock" | "sessions" | "store">,
  clientId: string,
  options: {
    readonly key?: boolean;
    readonly grants?: readonly string[];
    readonly scopes?: readonly string[];
    readonly roles?: readonly string[];
    readonly mayIntrospect?: boolean;
  } = {},
): Promise<TestClient> {
  const key = createSigningKey("ES256", `${clientId}-key`);
  const clients = createClients({ store, clock, sessions, revocations: { revoke: async () => {} } });
  const { secret = "" } = await clients.create({
    clientId,
    scopes: options.scopes ?? ["notes:read", "notes:write"],
    roles: options.roles ?? [],
    grants: options.grants ?? ["client_credentials"],
    mayIntrospect: options.mayIntrospect ?? false,
    ...(options.key === true ? { jwks: JSON.stringify({ keys: [key.jwk] }) } : {}),
  });
  let count = 0;
  return {
    clientId,
    secret,
    key,
    clients,
    assert(claims = {}, header = {}) {
      const now = Math.floor(clock.nowMs() / 1_000);
      const good = {
        iss: clientId,
        sub: clientId,
        aud: TEST_ISSUER,
        exp: now + 60,
        iat: now,
        jti: `jti-${count++}`,
      };
      return signToken(key, { ...good, ...claims }, { typ: "JWT", ...header });
    },
  };
}

/** Another issuer. */
export interface OtherIssuer {
  readonly federated: FederatedIssuer;
  /** Sign a token of it, or one with other claims and another header. */
  sign(claims?: Members, header?: Members): string;
}

/** Let sessions of an issuer's subjects go on, as a server does for what its settings say. */
export function trustForRefresh({ terms }: TestIssuer, federated: FederatedIssuer): void {
  const external = toExternalTerms(federated);
  if (external !== undefined) {
    terms.set(federated.trusted.issuer, external);
  }
}

/** Make another issuer whose tokens are exchanged. */
export function createOtherIssuer(
  clock: TestIssuer["clock"],
  exchange: Partial<Omit<FederatedIssuer, "trusted">> = {},
): OtherIssuer {
  const key = createSigningKey("ES256", "other-key");
  const options = { issuer: "https://idp.example", audiences: ["us"], keys: { jwks: { keys: [key.jwk] } } };
  const trusted = resolveIssuer(options, { audience: TEST_AUDIENCE, clock });
  return {
    federated: {
      trusted,
      subjectClaim: "sub",
      scopes: ["notes:read"],
      roles: new Map([["ops", ["admin"]]]),
      required: new Map(),
      ...exchange,
    },
    sign: (claims = {}, header = {}) =>
      signToken(
        key,
        goodClaims({ iss: "https://idp.example", aud: "us", roles: [], scope: "openid", ...claims }),
        header,
      ),
  };
}
