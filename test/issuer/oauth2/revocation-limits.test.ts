import { describe, expect, it } from "vitest";
import { type OAuthAnswer, type OAuthServer, startOAuthServer } from "../../support/oauth-server.ts";
import { addTestClient, type TestClient } from "../../support/sign-ins.ts";

const FIRST_PARTY = { client_id: "countersign-first-party" };
const LIMIT = 4;
/** How long one of as many in an hour takes to grow back. */
const STEP_SECONDS = 3_600 / LIMIT;
const proof = ({ clientId, secret }: TestClient) => ({ client_id: clientId, client_secret: secret });

const grant = (server: OAuthServer, client: TestClient, more: object = {}): Promise<OAuthAnswer> =>
  server.post("/oauth2/token", { grant_type: "client_credentials", ...proof(client), ...more });

const exchange = (server: OAuthServer, client: TestClient, token: string): Promise<OAuthAnswer> =>
  grant(server, client, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
  });

const tokenOf = ({ body }: OAuthAnswer): string => String(body.access_token);

const outcomeOf = ({ status, headers, body }: OAuthAnswer) => [
  status,
  body.error,
  headers.get("retry-after"),
];

const rowsOf = async ({ issuer }: OAuthServer): Promise<number> =>
  (await issuer.store.db.selectFrom("revocations").selectAll().execute()).length;

describe("what a valid client can have remembered (S10)", () => {
  it("are some exchanged tokens of a subject, and no more; the session ends all the same", async () => {
    await using server = await startOAuthServer({}, { tokenRevocationsPerHour: LIMIT });
    const own = await addTestClient(server.issuer, "own", { grants: ["token-exchange"] });
    const { accessToken, refreshToken } = await server.beginSession();
    const tokens: string[] = [];
    for (let n = 0; n < LIMIT + 2; n++) {
      tokens.push(tokenOf(await exchange(server, own, accessToken)));
    }
    const revoke = (token = "") => server.post("/oauth2/revoke", { token, ...proof(own) });
    for (const token of tokens.slice(0, LIMIT)) {
      expect((await revoke(token)).status).toBe(200);
      // It is not live any more: this costs nothing.
      expect((await revoke(token)).status).toBe(200);
    }
    for (const token of tokens.slice(LIMIT)) {
      expect(outcomeOf(await revoke(token))).toEqual([429, "temporarily_unavailable", `${STEP_SECONDS}`]);
    }
    expect(await rowsOf(server)).toBe(LIMIT);
    expect((await server.post("/oauth2/revoke", { token: refreshToken, ...FIRST_PARTY })).status).toBe(200);
    // They end with their session, and so need no revocation of their own.
    for (const token of tokens) {
      expect((await revoke(token)).status).toBe(200);
    }
    expect(await rowsOf(server)).toBe(LIMIT + 1);
  });

  it("are exchanged tokens of each subject: those of one do not use up what others have", async () => {
    await using server = await startOAuthServer({}, { tokenRevocationsPerHour: 1 });
    const own = await addTestClient(server.issuer, "own", {
      grants: ["client_credentials", "token-exchange"],
    });
    const other = await addTestClient(server.issuer, "other");
    const subjects = [(await server.beginSession()).accessToken, tokenOf(await grant(server, other))];
    for (const subject of subjects) {
      const token = tokenOf(await exchange(server, own, subject));
      expect((await server.post("/oauth2/revoke", { token, ...proof(own) })).status).toBe(200);
    }
    expect(await rowsOf(server)).toBe(2);
  });

  it("is nothing for tokens that are not live, or are another client's", async () => {
    await using server = await startOAuthServer({}, { tokenRevocationsPerHour: 1 });
    const own = await addTestClient(server.issuer, "own", { grants: ["token-exchange"] });
    const { accessToken } = await server.beginSession();
    const revoke = (token: string) => server.post("/oauth2/revoke", { token, ...proof(own) });
    for (const token of ["x", "csr_forged", `${accessToken}x`, server.other.sign(), "y".repeat(9_000)]) {
      expect((await revoke(token)).status).toBe(200);
    }
    expect((await revoke(accessToken)).body.error).toBe("invalid_grant");
    expect(await rowsOf(server)).toBe(0);
    expect((await revoke(tokenOf(await exchange(server, own, accessToken)))).status).toBe(200);
  });

  it("are the sessions that it begins, each of which it can end", async () => {
    await using server = await startOAuthServer({}, { newSessionsPerHour: LIMIT });
    const own = await addTestClient(server.issuer, "own");
    const other = await addTestClient(server.issuer, "other");
    const begun = [];
    for (let n = 0; n < LIMIT; n++) {
      begun.push(tokenOf(await grant(server, own)));
    }
    expect(outcomeOf(await grant(server, own))).toEqual([429, "temporarily_unavailable", `${STEP_SECONDS}`]);
    expect((await grant(server, other)).status).toBe(200);
    for (const token of begun) {
      expect((await server.post("/oauth2/revoke", { token, ...proof(own) })).status).toBe(200);
    }
    expect(await rowsOf(server)).toBe(LIMIT);
    server.issuer.clock.advance(STEP_SECONDS * 1_000);
    expect((await grant(server, own)).status).toBe(200);
  });

  it("are the sessions of one user, who cannot keep another one out", async () => {
    await using server = await startOAuthServer({}, { newSessionsPerHour: LIMIT });
    for (let n = 0; n < LIMIT; n++) {
      await server.beginSession();
    }
    await expect(server.beginSession()).rejects.toMatchObject({
      reason: "RATE_LIMITED",
      retryAfterMs: STEP_SECONDS * 1_000,
    });
    expect(await rowsOf(server)).toBe(0);
  });
});
