import { decodeJwt } from "jose";
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { describe, expect, it } from "vitest";
import { toMetadataDocument } from "../../../server/issuer/src/oauth2/metadata.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { type OwnIssuer, startOwnIssuer } from "../../support/own-issuer.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { addTestAccount, TEST_ISSUER } from "../../support/test-issuer.ts";

const NONCES = { secret: new Uint8Array(32).fill(5) };
const client = { client_id: FIRST_PARTY_CLIENT_ID };
const metadata: oauth.AuthorizationServer = JSON.parse(JSON.stringify(toMetadataDocument(TEST_ISSUER)));

/** An issuer that asks for nonces, what sends requests to its endpoints, and a session. */
async function start() {
  // The peers have clocks of their own.
  const own = await startOwnIssuer([], { dpop: { nonces: NONCES }, clock: createWallClock(Date.now()) });
  const account = await addTestAccount(own.issuer.store, "ada");
  const { refreshToken } = await own.issuer.sessions.begin({
    account,
    clientId: FIRST_PARTY_CLIENT_ID,
    scopes: [],
  });
  const statuses: number[] = [];
  const send = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await endpointOf(own, url)(new Request(url, init));
    statuses.push(response.status);
    return response;
  };
  return { refreshToken, send, statuses, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() };
}

function endpointOf({ issuer }: OwnIssuer, url: string) {
  const endpoint = issuer.endpoints[new URL(url).pathname];
  if (endpoint === undefined) {
    throw new Error(`there is no endpoint at ${url}`);
  }
  return endpoint;
}

describe("a token endpoint that asks for nonces (RFC 9449 §8) is used by", () => {
  it("oauth4webapi", async () => {
    await using server = await start();
    const keys = await oauth.generateKeyPair("ES256");
    const DPoP = oauth.DPoP({}, keys);
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: server.send };
    const refresh = async (token: string) => {
      const response = await oauth.refreshTokenGrantRequest(metadata, client, oauth.None(), token, {
        ...options,
        DPoP,
      });
      return oauth.processRefreshTokenResponse(metadata, client, response);
    };
    const refused = await refresh(server.refreshToken).catch((error: unknown) => error);
    expect(oauth.isDPoPNonceError(refused)).toBe(true);
    const first = await refresh(server.refreshToken);
    const second = await refresh(first.refresh_token ?? "");
    expect(server.statuses).toEqual([400, 200, 200]);
    expect(second.token_type).toBe("dpop");
    expect(decodeJwt(second.access_token).cnf).toEqual({ jkt: await DPoP.calculateThumbprint() });
    const { None } = oauth;
    const bare = await oauth.refreshTokenGrantRequest(
      metadata,
      client,
      None(),
      second.refresh_token ?? "",
      options,
    );
    await expect(oauth.processRefreshTokenResponse(metadata, client, bare)).rejects.toMatchObject({
      error: "invalid_dpop_proof",
    });
  });

  it("openid-client", async () => {
    await using server = await start();
    const config = new openid.Configuration(metadata, FIRST_PARTY_CLIENT_ID, undefined, openid.None());
    openid.allowInsecureRequests(config);
    config[openid.customFetch] = (url, { method, headers, body }) =>
      server.send(url, { method, headers, body: body instanceof URLSearchParams ? body : null });
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
    const first = await openid.refreshTokenGrant(config, server.refreshToken, undefined, { DPoP });
    const second = await openid.refreshTokenGrant(config, first.refresh_token ?? "", undefined, { DPoP });
    expect(server.statuses).toEqual([400, 200, 200]);
    expect(second.token_type).toBe("dpop");
    const other = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
    const stolen = openid.refreshTokenGrant(config, second.refresh_token ?? "", undefined, { DPoP: other });
    await expect(stolen).rejects.toMatchObject({ error: "invalid_dpop_proof" });
  });
});
