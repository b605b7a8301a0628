import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { runCountersign, type ServerProcess, startServer } from "../support/server-process.ts";
import { createTemporaryFolder, type TemporaryFolder } from "../support/temporary-folder.ts";
import { createSigningKey } from "../support/tokens.ts";

const key = createSigningKey("ES256", "billing-key");
const EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";
const FIRST_PARTY = { client_id: "countersign-first-party" };
const insecure = { [oauth.allowInsecureRequests]: true };

let folder: TemporaryFolder;
let server: ServerProcess;
let metadata: oauth.AuthorizationServer;
let secret: string;

beforeAll(async () => {
  folder = await createTemporaryFolder();
  const env = { COUNTERSIGN_DATA_DIR: folder.path };
  const keys = join(folder.path, "billing.jwks");
  await writeFile(keys, JSON.stringify({ keys: [key.jwk] }));
  const scopes = ["--scope", "notes:read", "--scope", "notes:write"];
  const grants = ["--grant", "client_credentials", "--grant", "token-exchange", "--grant", "jwt-bearer"];
  const added = await runCountersign(
    ["client", "add", "agent", ...scopes, ...grants, "--introspect", "--json"],
    env,
  );
  secret = JSON.parse(added.stdout).secret;
  await runCountersign(["client", "add", "billing", ...scopes, ...grants, "--jwks", keys], env);
  server = await startServer({ dataDir: folder.path });
  const issuer = new URL(server.baseUrl);
  metadata = await oauth.processDiscoveryResponse(
    issuer,
    await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure }),
  );
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

const privateKey = () =>
  crypto.subtle.importKey(
    "jwk",
    key.privateKey.export({ format: "jwk" }) as JsonWebKey,
    { name: "ECDSA", namedCurve: "P-256" },
    false,
    ["sign"],
  );

const whoAmI = (token: string) => clientOf(SessionService, { baseUrl: server.baseUrl, token }).whoAmI({});

describe("oauth4webapi, unmodified,", () => {
  const agent = { client_id: "agent" };
  const ways: readonly (readonly [string, oauth.Client, () => Promise<oauth.ClientAuth>])[] = [
    ["client_secret_basic", agent, async () => oauth.ClientSecretBasic(secret)],
    ["client_secret_post", agent, async () => oauth.ClientSecretPost(secret)],
    [
      "private_key_jwt",
      { client_id: "billing" },
      async () => oauth.PrivateKeyJwt({ key: await privateKey(), kid: key.kid }),
    ],
  ];
  for (const [name, client, auth] of ways) {
    test(`gets a token with client_credentials and ${name}, and calls with it`, async () => {
      const parameters = { scope: "notes:write" };
      const response = await oauth.clientCredentialsGrantRequest(
        metadata,
        client,
        await auth(),
        parameters,
        insecure,
      );
      const tokens = await oauth.processClientCredentialsResponse(metadata, client, response);
      expect(tokens).toMatchObject({ token_type: "bearer", scope: "notes:write" });
      expect(tokens).not.toHaveProperty("refresh_token");
      expect(await whoAmI(tokens.access_token)).toMatchObject({
        subject: `client_${client.client_id}`,
        clientId: client.client_id,
      });
      const notes = clientOf(NotesService, { baseUrl: server.baseUrl, token: tokens.access_token });
      expect((await notes.createNote({ title: "from a client" })).owner).toBe(`client_${client.client_id}`);
    });
  }

  test("carries a session of ours on, and ends it", async () => {
    const { refreshToken } = await signIn(server.baseUrl);
    const response = await oauth.refreshTokenGrantRequest(
      metadata,
      FIRST_PARTY,
      oauth.None(),
      refreshToken,
      insecure,
    );
    const tokens = await oauth.processRefreshTokenResponse(metadata, FIRST_PARTY, response);
    expect(tokens.refresh_token).not.toBe(refreshToken);
    await whoAmI(tokens.access_token);

    const revoked = await oauth.revocationRequest(
      metadata,
      FIRST_PARTY,
      oauth.None(),
      tokens.refresh_token ?? "",
      insecure,
    );
    await oauth.processRevocationResponse(revoked);
    await expect(whoAmI(tokens.access_token)).rejects.toThrow("the session has been revoked");
  });

  test("learns about a token, and of a revoked one nothing but that", async () => {
    const introspect = async (token: string) =>
      oauth.processIntrospectionResponse(
        metadata,
        agent,
        await oauth.introspectionRequest(metadata, agent, oauth.ClientSecretBasic(secret), token, insecure),
      );
    const { accessToken } = await signIn(server.baseUrl);
    expect(await introspect(accessToken)).toMatchObject({
      active: true,
      iss: metadata.issuer,
      client_id: "countersign-first-party",
      scope: "notes:read notes:write",
    });
    await clientOf(SessionService, { baseUrl: server.baseUrl, token: accessToken }).signOut({});
    expect(await introspect(accessToken)).toEqual({ active: false });
  });

  test("exchanges a user's token for one that says who acts", async () => {
    const { accessToken } = await signIn(server.baseUrl);
    const parameters = { subject_token: accessToken, subject_token_type: ACCESS_TOKEN, scope: "notes:read" };
    const auth = oauth.ClientSecretBasic(secret);
    const response = await oauth.genericTokenEndpointRequest(
      metadata,
      agent,
      auth,
      EXCHANGE,
      parameters,
      insecure,
    );
    const tokens = await oauth.processGenericTokenEndpointResponse(metadata, agent, response);
    expect(tokens).toMatchObject({ issued_token_type: ACCESS_TOKEN, scope: "notes:read" });
    expect(await whoAmI(tokens.access_token)).toMatchObject({
      subject: (await whoAmI(accessToken)).subject,
      clientId: "agent",
      scopes: ["notes:read"],
    });
    const acting = clientOf(SessionService, { baseUrl: server.baseUrl, token: tokens.access_token });
    const calls = [
      () => acting.signOut({}),
      () => acting.listSessions({}),
      () => acting.revokeSession({ sessionId: "x" }),
    ];
    for (const call of calls) {
      await expect(call()).rejects.toThrow("sessions are managed by their user");
    }
  });
});

describe("openid-client, unmodified,", () => {
  const discover = (clientId: string, auth: openid.ClientAuth) =>
    openid.discovery(new URL(server.baseUrl), clientId, undefined, auth, {
      algorithm: "oauth2",
      execute: [openid.allowInsecureRequests],
    });

  test("gets, asks about and revokes a token with a signed assertion", async () => {
    const config = await discover("billing", openid.PrivateKeyJwt({ key: await privateKey(), kid: key.kid }));
    const tokens = await openid.clientCredentialsGrant(config, { scope: "notes:read" });
    expect(tokens.scope).toBe("notes:read");
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub: "client_billing",
    });
    await openid.tokenRevocation(config, tokens.access_token);
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
    await expect(whoAmI(tokens.access_token)).rejects.toThrow("the session has been revoked");
  });

  test("refreshes a session of ours, and learns why it cannot twice", async () => {
    const config = await discover("countersign-first-party", openid.None());
    const { refreshToken } = await signIn(server.baseUrl);
    const tokens = await openid.refreshTokenGrant(config, refreshToken);
    expect(tokens.expiresIn()).toBeGreaterThan(500);
    const forged = `${refreshToken.slice(0, -1)}${refreshToken.endsWith("A") ? "B" : "A"}`;
    await expect(openid.refreshTokenGrant(config, forged)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("exchanges a user's token with a secret in the body", async () => {
    const config = await discover("agent", openid.ClientSecretPost(secret));
    const { accessToken } = await signIn(server.baseUrl);
    const tokens = await openid.genericGrantRequest(config, EXCHANGE, {
      subject_token: accessToken,
      subject_token_type: ACCESS_TOKEN,
    });
    expect(tokens.issued_token_type).toBe(ACCESS_TOKEN);
    expect((await whoAmI(tokens.access_token)).clientId).toBe("agent");
  });

  test("hears that a wrong secret is wrong, in the way that it was sent", async () => {
    const inBody = await discover("agent", openid.ClientSecretPost("css_wrong"));
    await expect(openid.clientCredentialsGrant(inBody)).rejects.toMatchObject({
      error: "invalid_client",
      status: 401,
    });
    const inHeader = await discover("agent", openid.ClientSecretBasic("css_wrong"));
    await expect(openid.clientCredentialsGrant(inHeader)).rejects.toMatchObject({
      cause: [{ scheme: "basic", parameters: { realm: "countersign" } }],
    });
  });
});

test("a client that the operator disables is refused at once, and so are its tokens, also those for others", async () => {
  const client = { client_id: "agent" };
  const auth = oauth.ClientSecretBasic(secret);
  const response = await oauth.clientCredentialsGrantRequest(metadata, client, auth, {}, insecure);
  const own = await oauth.processClientCredentialsResponse(metadata, client, response);
  const parameters = {
    subject_token: (await signIn(server.baseUrl)).accessToken,
    subject_token_type: ACCESS_TOKEN,
  };
  const exchanged = await oauth.processGenericTokenEndpointResponse(
    metadata,
    client,
    await oauth.genericTokenEndpointRequest(metadata, client, auth, EXCHANGE, parameters, insecure),
  );
  await whoAmI(own.access_token);
  await whoAmI(exchanged.access_token);

  const env = { COUNTERSIGN_DATA_DIR: server.dataDir };
  expect(await runCountersign(["client", "disable", "agent"], env)).toMatchObject({ code: 0 });
  const again = await oauth.clientCredentialsGrantRequest(metadata, client, auth, {}, insecure);
  expect(again.status).toBe(401);
  const isRevoked = (token: string): Promise<true | undefined> =>
    whoAmI(token).then(
      () => undefined,
      (cause: unknown) => (String(cause).includes("the session has been revoked") ? true : undefined),
    );
  await eventually(() => isRevoked(own.access_token));
  await eventually(() => isRevoked(exchanged.access_token));
});

test("an issuer with a path is found where RFC 8414 §3.1 says, and named as it is", async () => {
  const issuer = "https://auth.example/tenant/";
  await using other = await startServer({ env: { COUNTERSIGN_ISSUER: issuer } });
  for (const path of ["", "/tenant"]) {
    const found = await fetch(`${other.baseUrl}/.well-known/oauth-authorization-server${path}`);
    expect(await found.json()).toMatchObject({
      issuer,
      token_endpoint: "https://auth.example/tenant/oauth2/token",
    });
  }
});
