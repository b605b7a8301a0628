import { join } from "node:path";
import { ConnectError, type ConnectRouter, createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { AuthOptions } from "../../../server/gate/src/connect/auth-options.ts";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { CreateIssuerOptions } from "../../../server/issuer/src/create-issuer/options.ts";
import type { Issuer } from "../../../server/issuer/src/create-issuer.ts";
import { databaseIn } from "../../support/stores.ts";

const QUICK = { passwordCost: { memoryKib: 64, passes: 1 } };
/** An account. */
export const ADA = { username: "ada", password: "correct horse", scopes: ["notes:read"], roles: [] };

/** Options of an issuer on SQLite in a folder. */
export function inFolder(path: string, options: Partial<CreateIssuerOptions> = {}): CreateIssuerOptions {
  return {
    store: { sqlite: databaseIn(path) },
    secret: { file: join(path, "secret") },
    url: "https://auth.example.com",
    audience: "billing",
    insecure: QUICK,
    ...options,
  };
}

/** A server on an issuer with no wiring but that of the guide, and what else a test asks for. */
export function serve(issuer: Issuer, more: Partial<AuthOptions> = {}) {
  const routes = (router: ConnectRouter) => issuer.routes(router);
  const auth = createAuth({ routes, issuers: [issuer.trust], audience: "billing", ...more });
  return { auth, client: createClient(SessionService, createRouterTransport(auth.routes)) };
}

/** Sign in. @returns what a call needs to be made as the account */
export async function signIn(
  { client }: Pick<ReturnType<typeof serve>, "client">,
  { username, password } = ADA,
): Promise<{ readonly headers: Readonly<Record<string, string>> }> {
  const { tokens } = await client.signIn({ credential: { case: "password", value: { username, password } } });
  return { headers: { authorization: `Bearer ${tokens?.accessToken}` } };
}

/** Why a call was refused. */
export const refusal = (error: unknown) => ConnectError.from(error).code;
