import * as openid from "openid-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ACCESS_TOKEN, EXCHANGE, type OAuthProcess, startOAuthProcess } from "../support/oauth-process.ts";
import { signIn } from "../support/rpc.ts";

let started: OAuthProcess;
let baseUrl: string;

beforeAll(async () => {
  started = await startOAuthProcess();
  ({ baseUrl } = started.server);
});

afterAll(() => started?.[Symbol.asyncDispose]());

const whoAmI = (token: string) => started.whoAmI(token);

describe("openid-client, unmodified,", () => {
  const discover = (clientId: string, auth: openid.ClientAuth) =>
    openid.discovery(new URL(baseUrl), clientId, undefined, auth, {
      algorithm: "oauth2",
      execute: [openid.allowInsecureRequests],
    });

  test("gets, asks about and revokes a token with a signed assertion", async () => {
    const config = await discover(
      "billing",
      openid.PrivateKeyJwt({ key: started.privateKey, kid: started.kid }),
    );
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
    const { refreshToken } = await signIn(baseUrl);
    const tokens = await openid.refreshTokenGrant(config, refreshToken);
    expect(tokens.expiresIn()).toBeGreaterThan(500);
    const forged = `${refreshToken.slice(0, -1)}${refreshToken.endsWith("A") ? "B" : "A"}`;
    await expect(openid.refreshTokenGrant(config, forged)).rejects.toMatchObject({ error: "invalid_grant" });
  });

  test("exchanges a user's token with a secret in the body", async () => {
    const config = await discover("agent", openid.ClientSecretPost(started.secret));
    const { accessToken } = await signIn(baseUrl);
    const tokens = await openid.genericGrantRequest(config, EXCHANGE, {
      subject_token: accessToken,
      subject_token_type: ACCESS_TOKEN,
    });
    expect(tokens.issued_token_type).toBe(ACCESS_TOKEN);
    expect((await whoAmI(tokens.access_token)).clientId).toBe("agent");
  });

  test("carries a session on for somebody whom another issuer knows, with a signed assertion each time", async () => {
    const auth = openid.PrivateKeyJwt({ key: started.privateKey, kid: started.kid });
    const config = await discover("billing", auth);
    const first = await openid.genericGrantRequest(config, EXCHANGE, {
      subject_token: started.signForeign("ada"),
      subject_token_type: ACCESS_TOKEN,
      scope: "notes:read",
    });
    const second = await openid.refreshTokenGrant(config, first.refresh_token ?? "");
    const third = await openid.refreshTokenGrant(config, second.refresh_token ?? "");
    expect(third.scope).toBe("notes:read");
    expect(await whoAmI(third.access_token)).toMatchObject({ clientId: "billing", scopes: ["notes:read"] });
    const wider = openid.refreshTokenGrant(config, third.refresh_token ?? "", { scope: "notes:write" });
    await expect(wider).rejects.toMatchObject({ error: "invalid_scope" });
    const other = await discover("agent", openid.ClientSecretPost(started.secret));
    const stolen = openid.refreshTokenGrant(other, third.refresh_token ?? "");
    await expect(stolen).rejects.toMatchObject({ error: "invalid_grant" });
    await openid.tokenRevocation(config, third.refresh_token ?? "");
    await expect(whoAmI(third.access_token)).rejects.toThrow("the session has been revoked");
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
