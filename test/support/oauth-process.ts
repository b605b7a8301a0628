import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionService, type WhoAmIResponse } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import * as oauth from "oauth4webapi";
import { clientOf } from "./rpc.ts";
import { runCountersign, type ServerProcess, startServer } from "./server-process.ts";
import { createTemporaryFolder, databaseParent } from "./temporary-folder.ts";
import { createSigningKey, signToken } from "./tokens.ts";

/** A server in a process of its own, with two clients. */
export interface OAuthProcess extends AsyncDisposable {
  readonly server: ServerProcess;
  /** The secret of client `agent`, which may ask about tokens of others. */
  readonly secret: string;
  /** The name of the key of client `billing`, which has no secret. */
  readonly kid: string;
  /** Its private half. */
  readonly privateKey: CryptoKey;
  /** Sign a token of {@link IDP}, whose sessions go on for an hour. */
  signForeign(subject: string): string;
  /** Say whom the server takes the bearer of a token for. */
  whoAmI(token: string): Promise<WhoAmIResponse>;
}

/** The grant type of a token exchange, and what is exchanged. */
export const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
export const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

/** An issuer whose tokens are exchanged. */
export const IDP = "https://idp.example";

/** Start a server and add its clients, which have the scopes of the demo and may use every grant. */
export async function startOAuthProcess(): Promise<OAuthProcess> {
  await using stack = new AsyncDisposableStack();
  const { path: dataDir } = stack.use(await createTemporaryFolder(databaseParent()));
  const env = { COUNTERSIGN_DATA_DIR: dataDir };
  const key = createSigningKey("ES256", "billing-key");
  const keys = join(dataDir, "billing.jwks");
  await writeFile(keys, JSON.stringify({ keys: [key.jwk] }));
  const scopes = ["--scope", "notes:read", "--scope", "notes:write"];
  const grants = ["client_credentials", "token-exchange", "jwt-bearer", "refresh_token"].flatMap((name) => [
    "--grant",
    name,
  ]);
  const rights = [...scopes, ...grants];
  const added = await runCountersign(
    ["client", "add", "agent", "--create", ...rights, "--introspect", "--json"],
    env,
  );
  await runCountersign(["client", "add", "billing", ...rights, "--jwks", keys], env);
  const idp = createSigningKey("ES256", "idp-key");
  const issuersFile = join(dataDir, "issuers.json");
  const exchange = { scopes: ["notes:read", "notes:write"], refresh: "1h", amr: ["otp"] };
  await writeFile(issuersFile, JSON.stringify([{ issuer: IDP, jwks: { keys: [idp.jwk] }, exchange }]));
  const trust = { COUNTERSIGN_TRUSTED_ISSUERS: issuersFile };
  const server = stack.use(await startServer({ dataDir, env: trust }));
  const kept = stack.move();
  return {
    server,
    secret: JSON.parse(added.stdout).secret,
    kid: key.kid,
    privateKey: await crypto.subtle.importKey(
      "jwk",
      key.privateKey.export({ format: "jwk" }),
      { name: "ECDSA", namedCurve: "P-256" },
      false,
      ["sign"],
    ),
    signForeign: (sub) =>
      signToken(idp, { ...freshTimes(), iss: IDP, sub, aud: server.baseUrl, amr: ["otp"] }),
    whoAmI: (token) => clientOf(SessionService, { baseUrl: server.baseUrl, token }).whoAmI({}),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** A token that lasts five minutes from now. */
function freshTimes() {
  const iat = Math.floor(Date.now() / 1_000);
  return { iat, auth_time: iat, exp: iat + 300 };
}

/** Read the metadata of a server with oauth4webapi. */
export async function discover({
  baseUrl,
}: Pick<ServerProcess, "baseUrl">): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(baseUrl);
  const options = { algorithm: "oauth2", [oauth.allowInsecureRequests]: true } as const;
  return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options));
}
