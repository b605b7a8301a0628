import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import {
  ACCESS_TOKEN,
  discover,
  EXCHANGE,
  type OAuthProcess,
  startOAuthProcess,
} from "../support/oauth-process.ts";
import { clientOf, signIn } from "../support/rpc.ts";
import { runCountersign, type ServerProcess, startServer } from "../support/server-process.ts";

const FIRST_PARTY = { client_id: "countersign-first-party" };
const insecure = { [oauth.allowInsecureRequests]: true };

let started: OAuthProcess;
let server: ServerProcess;
let secret: string;
let metadata: oauth.AuthorizationServer;

beforeAll(async () => {
  started = await startOAuthProcess();
  ({ server, secret } = started);
  metadata = await discover(server);
});

afterAll(() => started?.[Symbol.asyncDispose]());

const whoAmI = (token: string) => started.whoAmI(token);

describe("oauth4webapi, unmodified,", () => {
  const agent = { client_id: "agent" };
  const ways: readonly (readonly [string, oauth.Client, () => Promise<oauth.ClientAuth>])[] = [
    ["client_secret_basic", agent, async () => oauth.ClientSecretBasic(secret)],
    ["client_secret_post", agent, async () => oauth.ClientSecretPost(secret)],
    [
      "private_key_jwt",
      { client_id: "billing" },
      async () => oauth.PrivateKeyJwt({ key: started.privateKey, kid: started.kid }),
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
