import { describe, expect, it } from "vitest";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { ADA, claimsIn, exchange, startClaimIssuer } from "./claim-issuer.ts";

describe("a hook of claims", () => {
  it("is asked at a sign-in, a refresh, an exchange and a grant to a client, and told what for", async () => {
    await using own = await startClaimIssuer(({ type, claims }) => ({ for: type, had: Object.keys(claims) }));
    const { issuer, grants } = own;
    const { accessToken, refreshToken, sessionId } = await own.signIn();
    expect(claimsIn(accessToken)).toMatchObject({ for: "sign_in", had: ["tenant", "level"], tenant: "acme" });
    const next = await issuer.sessions.refresh({ refreshToken, refreshId: "" });
    expect(claimsIn(next.accessToken)).toMatchObject({ for: "refresh" });
    const exchanged = await own.token(exchange(accessToken));
    expect(claimsIn(exchanged.body.access_token)).toMatchObject({ for: "token_exchange", tenant: "acme" });
    const client = await own.token({ grant_type: "client_credentials" });
    expect(claimsIn(client.body.access_token)).toMatchObject({ for: "client_credentials", team: "robots" });
    const subject = String(claimsIn(accessToken).sub);
    const about = { subject, account: { subject, username: "ada" }, sessionId, audience: ["tests"] };
    const rights = { scopes: ["notes:read"], roles: ["author"], external: undefined };
    expect(grants).toEqual([
      {
        ...about,
        ...rights,
        type: "sign_in",
        clientId: FIRST_PARTY_CLIENT_ID,
        actor: undefined,
        claims: ADA.claims,
      },
      {
        ...about,
        ...rights,
        type: "refresh",
        clientId: FIRST_PARTY_CLIENT_ID,
        actor: undefined,
        claims: ADA.claims,
      },
      expect.objectContaining({
        ...{ ...about, type: "token_exchange", clientId: "agent", roles: [] },
        actor: { sub: "client_agent", client_id: "agent" },
      }),
      expect.objectContaining({ type: "client_credentials", account: undefined, clientId: "agent" }),
    ]);
  });

  it("finds may_act of the token that is exchanged among the claims, and it stays unless it says otherwise", async () => {
    let mayAct: unknown = { sub: "client_agent" };
    await using own = await startClaimIssuer(({ type }) => (type === "sign_in" ? { may_act: mayAct } : {}));
    const carried = { iss: TEST_ISSUER, sub: "client_agent" };
    const first = await own.token(exchange((await own.signIn()).accessToken));
    expect(own.grants.at(-1)?.claims).toEqual({ ...ADA.claims, may_act: carried });
    expect(claimsIn(first.body.access_token).may_act).toEqual(carried);
    mayAct = { sub: "client_other" };
    expect(await own.token(exchange((await own.signIn()).accessToken))).toMatchObject({ status: 400 });
  });

  it("is told of a sign-in when a user signs in again within a session", async () => {
    await using own = await startClaimIssuer(({ type }) => ({ for: type }));
    const { sessionId, refreshToken } = await own.signIn();
    const again = await own.signIn(sessionId);
    expect(claimsIn(again.accessToken)).toMatchObject({ sid: sessionId, for: "sign_in" });
    const next = await own.issuer.sessions.refresh({ refreshToken, refreshId: "" });
    expect(claimsIn(next.accessToken)).toMatchObject({ sid: sessionId, for: "refresh" });
    expect(own.grants.map(({ type }) => type)).toEqual(["sign_in", "sign_in", "refresh"]);
  });

  it("is told who the user of another issuer is, with the claims of the token while there is one", async () => {
    await using own = await startClaimIssuer(({ external }) => ({ org: external?.claims?.org ?? "unknown" }));
    const upstream = own.other.sign({ org: "acme", sub: "bob" });
    const { body } = await own.token({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: upstream,
    });
    expect(claimsIn(body.access_token)).toMatchObject({ org: "acme" });
    const refresh = { grant_type: "refresh_token", refresh_token: String(body.refresh_token) };
    const next = await own.token(refresh);
    expect(claimsIn(next.body.access_token)).toMatchObject({ org: "unknown" });
    const external = { issuer: "https://idp.example", subject: "bob", session: "session-1" };
    expect(own.grants.map((grant) => [grant.type, grant.external])).toEqual([
      ["sign_in", { ...external, claims: expect.objectContaining({ org: "acme" }) }],
      ["refresh", { ...external, claims: undefined }],
    ]);
  });

  const refusals: readonly (readonly [string, unknown])[] = [
    ["nothing", undefined],
    ["a list", ["a"]],
    ["the subject of another", { sub: "usr_root" }],
    ["roles", { tenant: "acme", roles: ["admin"] }],
    ["an actor", { act: { sub: "x" } }],
    ["more than a token carries", { big: "x".repeat(5_000) }],
    ["a promise of nothing", Promise.resolve(null)],
    ["a failure", Promise.reject(new Error("the directory is down"))],
  ];
  for (const [what, answer] of refusals) {
    Promise.resolve(answer).catch(() => undefined);
    it(`that gives ${what} leaves no token and no session behind`, async () => {
      let isBroken = false;
      await using own = await startClaimIssuer(() => (isBroken ? answer : {}));
      const { issuer, errors } = own;
      const { accessToken, refreshToken, sessionId } = await own.signIn();
      isBroken = true;
      await expect(own.signIn()).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
      const refresh = { refreshToken, refreshId: "" };
      await expect(issuer.sessions.refresh(refresh)).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
      for (const form of [exchange(accessToken), { grant_type: "client_credentials" }]) {
        expect(await own.token(form)).toMatchObject({
          status: 503,
          body: { error: "temporarily_unavailable" },
        });
      }
      expect(errors).toHaveLength(4);
      const subject = String(claimsIn(accessToken).sub);
      const listed = await issuer.sessions.list({ subject, limit: 9 });
      expect(listed.map((session) => session.sessionId)).toEqual([sessionId]);
      // The refresh token has not been used up, however late it is sent again.
      isBroken = false;
      own.clock.advance(60_000);
      await expect(issuer.sessions.refresh(refresh)).resolves.toMatchObject({ sessionId });
    });
  }

  it("changes no token by what it does to the grant", async () => {
    await using own = await startClaimIssuer((grant) => {
      Object.assign(grant.claims, { nbf: 4_000_000_000, azp: "other" });
      for (const list of [grant.roles, grant.scopes, grant.audience]) {
        (list as string[]).push("admin");
      }
      return {};
    });
    const { accessToken, scopes } = await own.signIn();
    expect(scopes).toEqual(ADA.scopes);
    const claims = claimsIn(accessToken);
    expect(claims).toMatchObject({ ...ADA.claims, aud: "tests", roles: ADA.roles, scope: "notes:read" });
    expect(claims).not.toHaveProperty("nbf");
    expect(claims).not.toHaveProperty("azp");
  });

  it("that throws at once is one that fails", async () => {
    await using own = await startClaimIssuer(() => {
      throw new Error("no directory");
    });
    await expect(own.signIn()).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(own.errors).toEqual([expect.objectContaining({ message: "no directory" })]);
  });

  it("that hangs is waited for 2 s", async () => {
    await using own = await startClaimIssuer(() => new Promise(() => undefined));
    const signingIn = own.signIn();
    signingIn.catch(() => undefined);
    while (own.grants.length === 0) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    own.clock.advance(1_999);
    await Promise.resolve();
    expect(own.errors).toEqual([]);
    own.clock.advance(1);
    await expect(signingIn).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(own.errors).toEqual([
      expect.objectContaining({ message: "the hook claims did not answer within 2000 ms" }),
    ]);
  });

  it("is asked again when an answer was lost: the same refresh token comes back, with what holds now", async () => {
    let tenant = "first";
    await using own = await startClaimIssuer(() => ({ tenant }));
    const { refreshToken } = await own.signIn();
    const refresh = { refreshToken, refreshId: "a".repeat(22) };
    const answer = await own.issuer.sessions.refresh(refresh);
    tenant = "second";
    const again = await own.issuer.sessions.refresh(refresh);
    expect(again.refreshToken).toBe(answer.refreshToken);
    expect([answer, again].map(({ accessToken }) => claimsIn(accessToken).tenant)).toEqual([
      "first",
      "second",
    ]);
  });
});
