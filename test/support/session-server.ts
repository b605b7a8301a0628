import { type Client, createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { decodeJwt } from "jose";
import type { Principal } from "../../server/gate/src/authenticate/principal.ts";
import type { AuditEvent } from "../../server/gate/src/kernel/audit.ts";
import type { FederatedIssuer } from "../../server/issuer/src/credentials/federated-identity.ts";
import type { Sessions } from "../../server/issuer/src/sessions/sessions.ts";
import type { Store } from "../../server/issuer/src/store/database.ts";
import type { RevocationRecord } from "../../server/issuer/src/store/revocations.ts";
import { believe } from "./known-caller.ts";
import { startOwnIssuer } from "./own-issuer.ts";
import type { WallClock } from "./test-clock.ts";

const ADA = {
  username: "ada",
  password: "correct horse",
  scopes: ["notes:read", "notes:write"],
  roles: [],
} as const;

/** The service of sessions without a gate: a call is made by whoever its access token names, unverified. */
export interface SessionServer extends AsyncDisposable {
  readonly client: Client<typeof SessionService>;
  readonly issuer: {
    readonly store: Store;
    readonly clock: WallClock;
    readonly sessions: Sessions;
    /** All that was revoked. */
    readonly revoked: readonly RevocationRecord[];
  };
  /** What was told to the audit trail. */
  readonly events: readonly AuditEvent[];
  /** What went wrong inside, if anything did. */
  readonly errors: readonly unknown[];
}

/** Start the service of an issuer with the account `ada` / `correct horse`. */
export async function startSessionServer(
  options: { readonly federated?: readonly FederatedIssuer[]; readonly resources?: readonly string[] } = {},
): Promise<SessionServer> {
  const own = await startOwnIssuer(options.federated, { resources: options.resources ?? [] });
  const { issuer, clock, revoked, errors } = own;
  await issuer.accounts.create(ADA);
  const started = own.events.length;
  const transport = createRouterTransport((router) => issuer.routes(router), {
    router: { interceptors: [believe(readCaller, (error) => errors.push(error))] },
  });
  return {
    client: createClient(SessionService, transport),
    issuer: { store: issuer.store, sessions: issuer.sessions, clock, revoked },
    get events() {
      return own.events.slice(started);
    },
    errors,
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
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
    acr: undefined,
    amr: [],
    actor: undefined,
    expiresAtSeconds: claims.exp ?? 0,
    issuedAtSeconds: claims.iat ?? 0,
    keyId: undefined,
    binding: undefined,
    claims,
  };
}
