import { resolveIssuer } from "../../server/gate/src/connect/resolve-issuer.ts";
import { type Clients, createClients } from "../../server/issuer/src/credentials/clients.ts";
import type { FederatedIssuer } from "../../server/issuer/src/credentials/federated-identity.ts";
import { createPasswords } from "../../server/issuer/src/credentials/password.ts";
import { TEST_AUDIENCE, TEST_ISSUER, type TestIssuer } from "./test-issuer.ts";
import { createSigningKey, goodClaims, type SigningKey, signToken } from "./tokens.ts";

/** Weak, and so quick. */
export const testPasswords = createPasswords({ memoryKib: 64, passes: 1 });

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
