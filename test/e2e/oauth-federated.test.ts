import { decodeJwt } from "jose";
import * as oauth from "oauth4webapi";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ACCESS_TOKEN,
  discover,
  EXCHANGE,
  IDP,
  type OAuthProcess,
  startOAuthProcess,
} from "../support/oauth-process.ts";
import { signIn } from "../support/rpc.ts";
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

describe("oauth4webapi, unmodified, for somebody whom another issuer knows,", () => {
  const agent = { client_id: "agent" };
  const exchange = async () => {
    const parameters = { subject_token: started.signForeign("eve"), subject_token_type: ACCESS_TOKEN };
    const auth = oauth.ClientSecretBasic(secret);
    const response = await oauth.genericTokenEndpointRequest(
      ...([metadata, agent, auth, EXCHANGE, parameters, insecure] as const),
    );
    return oauth.processGenericTokenEndpointResponse(metadata, agent, response);
  };
  const refresh = async (client: oauth.Client, auth: oauth.ClientAuth, token: string) =>
    oauth.processRefreshTokenResponse(
      metadata,
      client,
      await oauth.refreshTokenGrantRequest(metadata, client, auth, token, insecure),
    );

  test("gets a refresh token, carries the session on, and ends it", async () => {
    const first = await exchange();
    const auth = oauth.ClientSecretBasic(secret);
    const second = await refresh(agent, auth, first.refresh_token ?? "");
    expect(second.refresh_token).not.toBe(first.refresh_token);
    const caller = await whoAmI(second.access_token);
    expect(caller).toMatchObject({
      clientId: "agent",
      sessionId: (await whoAmI(first.access_token)).sessionId,
    });
    expect(caller.subject).toMatch(/^ext_/);
    const claims = decodeJwt(second.access_token);
    expect(claims).toMatchObject({ amr: ["otp"], act: { sub: "client_agent" } });
    expect(claims.auth_time).toBe(decodeJwt(first.access_token).auth_time);

    const token = second.refresh_token ?? "";
    const revoked = await oauth.revocationRequest(metadata, agent, auth, token, insecure);
    await oauth.processRevocationResponse(revoked);
    await expect(refresh(agent, auth, token)).rejects.toMatchObject({ error: "invalid_grant" });
    await expect(whoAmI(second.access_token)).rejects.toThrow("the session has been revoked");
  });

  test("can do nothing with the refresh token of another client, or of a user of our own pages", async () => {
    const own = (await exchange()).refresh_token ?? "";
    const billing = oauth.PrivateKeyJwt({ key: started.privateKey, kid: started.kid });
    const users = (await signIn(server.baseUrl)).refreshToken;
    const thieves = [
      () => refresh({ client_id: "billing" }, billing, own),
      () => refresh(FIRST_PARTY, oauth.None(), own),
      () => refresh(agent, oauth.ClientSecretBasic(secret), users),
    ];
    for (const steal of thieves) {
      await expect(steal()).rejects.toMatchObject({ error: "invalid_grant", status: 400 });
    }
    await refresh(agent, oauth.ClientSecretBasic(secret), own);
  });

  test("is stopped by the operator, who knows only the names of the other issuer", async () => {
    const { refresh_token: token = "" } = await exchange();
    const env = { COUNTERSIGN_DATA_DIR: server.dataDir };
    const owner = ["--external-issuer", IDP, "--external-subject", "eve"];
    const listed = await runCountersign(["session", "list", ...owner, "--json"], env);
    expect(JSON.parse(listed.stdout)[0]).toMatchObject({ client: "agent", issuer: IDP });
    await runCountersign(["session", "revoke", ...owner], env);
    const refused = refresh(agent, oauth.ClientSecretBasic(secret), token);
    await expect(refused).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("is stopped when the issuer is no longer in the settings of the server", async () => {
    const { refresh_token: token = "" } = await exchange();
    // Another server on the same store, which trusts nobody else.
    await using strict = await startServer({ dataDir: server.dataDir });
    const as = { ...metadata, token_endpoint: `${strict.baseUrl}/oauth2/token` };
    const auth = oauth.ClientSecretBasic(secret);
    const response = await oauth.refreshTokenGrantRequest(as, agent, auth, token, insecure);
    const refused = oauth.processRefreshTokenResponse(as, agent, response);
    await expect(refused).rejects.toMatchObject({ error: "invalid_grant" });
    await refresh(agent, auth, token);
  });
});
