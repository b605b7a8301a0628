import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { decodeJwt } from "jose";
import type { Principal } from "../../server/gate/src/authenticate/principal.ts";
import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import { createAccounts } from "../../server/issuer/src/credentials/accounts.ts";
import type { FederatedIssuer } from "../../server/issuer/src/credentials/federated-identity.ts";
import { createSessionService } from "../../server/issuer/src/services/session-service.ts";
import { believe } from "./known-caller.ts";
import { createTestSignIns, testPasswords, trustForRefresh } from "./sign-ins.ts";
import { openTestSqlite } from "./stores.ts";
import { startTestIssuer, TEST_ISSUER, type TestIssuer } from "./test-issuer.ts";

/** The service of sessions without a gate: a call is made by whoever its access token names, unverified. */
export interface SessionServer extends AsyncDisposable {
  readonly client: Client<typeof SessionService>;
  readonly issuer: TestIssuer;
  /** What the service itself told to the audit trail. */
  readonly events: readonly AuditEvent[];
  /** What went wrong inside, if anything did. */
  readonly errors: readonly unknown[];
}

/** The origin whose pages may use the refresh cookie. */
export const COOKIE_ORIGIN = "https://app.example";

/** Start the service on an empty store with the account `ada` / `correct horse`. */
export async function startSessionServer(
  options: { readonly cookies?: boolean; readonly federated?: readonly FederatedIssuer[] } = {},
): Promise<SessionServer> {
  const store = await openTestSqlite();
  const issuer = await startTestIssuer(store);
  const { clock, sessions } = issuer;
  (options.federated ?? []).forEach((federated) => {
    trustForRefresh(issuer, federated);
  });
  await store.db.deleteFrom("accounts").execute();
  const account = {
    username: "ada",
    password: "correct horse",
    scopes: ["notes:read", "notes:write"],
    roles: [],
  };
  await createAccounts({ store, clock, passwords: testPasswords, sessions }).create(account);
  const { signIn, events } = createTestSignIns(issuer, options.federated);
  const errors: unknown[] = [];
  const service = createSessionService({
    sessions,
    signIn,
    issuer: TEST_ISSUER,
    ...(options.cookies === true ? { isCookieOrigin: (origin: string) => origin === COOKIE_ORIGIN } : {}),
  });
  const transport = createRouterTransport((router) => void router.service(SessionService, service), {
    router: { interceptors: [believe(readCaller, (error) => errors.push(error))] },
  });
  return {
    client: createClient(SessionService, transport),
    issuer,
    events,
    errors,
    async [Symbol.asyncDispose]() {
      issuer[Symbol.dispose]();
      await store.close();
    },
  };
}

/** Say who makes a call. */
export function bearer(accessToken: string): { readonly headers: { readonly authorization: string } } {
  return { headers: { authorization: `Bearer ${accessToken}` } };
}

function readCaller(header: Headers): Principal | undefined {
  const token = header.get("authorization")?.slice("Bearer ".length);
  return token === undefined ? undefined : toPrincipal(token);
}

function toPrincipal(token: string): Principal {
  const claims = decodeJwt<{ sid: string; client_id: string; scope: string; roles: string[] }>(token);
  return {
    subject: claims.sub ?? "",
    issuer: claims.iss ?? "",
    clientId: claims.client_id,
    sessionId: claims.sid,
    tokenId: claims.jti,
    scopes: claims.scope.split(" "),
    roles: claims.roles,
    audience: [],
    authTimeSeconds: undefined,
    expiresAtSeconds: claims.exp ?? 0,
    issuedAtSeconds: claims.iat ?? 0,
    keyId: undefined,
    binding: undefined,
    claims,
  };
}
