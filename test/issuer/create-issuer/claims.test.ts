import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import type { OpenIssuer } from "../../../server/issuer/src/create-issuer.ts";
import { FIRST_PARTY_CLIENT_ID } from "../../../server/issuer/src/sessions/session-options.ts";
import type { ClaimsGrant, ClaimsHook } from "../../../server/issuer/src/sessions/token-claims.ts";
import { postForm } from "../../support/endpoint-calls.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { createOtherIssuer } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";

const TYPE = "urn:ietf:params:oauth:token-type:";

const ADA = {
  ...{ username: "ada", password: "correct horse", scopes: ["notes:read"], roles: ["author"] },
  claims: { tenant: "acme", level: 3 },
};

interface Start extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  readonly clock: ReturnType<typeof createWallClock>;
  readonly errors: readonly unknown[];
  readonly secret: string;
  /** What the hook was asked, in this order. */
  readonly grants: readonly ClaimsGrant[];
  readonly signIn: () => ReturnType<OpenIssuer["sessions"]["begin"]>;
  readonly token: (form: Readonly<Record<string, string>>) => ReturnType<typeof postForm>;
  readonly other: ReturnType<typeof createOtherIssuer>;
}

async function start(hook?: ClaimsHook): Promise<Start> {
  const clock = createWallClock();
  const grants: ClaimsGrant[] = [];
  const other = createOtherIssuer(clock, { refreshForMs: 3_600_000 });
  const claims: ClaimsHook = (grant) => {
    grants.push(grant);
    return hook?.(grant);
  };
  const own = await startOwnIssuer([other.federated], { clock, ...(hook && { claims }) });
  const account = await own.issuer.accounts.create(ADA);
  const { secret = "" } = await own.issuer.clients.create({
    clientId: "agent",
    scopes: ["notes:read"],
    roles: [],
    grants: ["client_credentials", "token-exchange", "refresh_token", "jwt-bearer"],
    mayIntrospect: true,
    claims: { team: "robots" },
  });
  return {
    ...{ issuer: own.issuer, clock, errors: own.errors, secret, grants, other },
    signIn: () => own.issuer.sessions.begin({ account, clientId: FIRST_PARTY_CLIENT_ID, scopes: [] }),
    token: (form) =>
      postForm(own.issuer.endpoints["/oauth2/token"], { client_id: "agent", client_secret: secret, ...form }),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

const exchange = (token: string) => ({
  grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
  ...{ subject_token: token, subject_token_type: `${TYPE}access_token` },
});

const claimsIn = (token: unknown) => decodeJwt(String(token));

describe("the claims of accounts and clients", () => {
  it("stand in the tokens of sign-ins and of refreshes, as they are at the time", async () => {
    await using own = await start();
    const { issuer } = own;
    const { accessToken, refreshToken } = await own.signIn();
    expect(claimsIn(accessToken)).toMatchObject(ADA.claims);
    await issuer.accounts.update("ada", { claims: { tenant: "other" } });
    const next = await issuer.sessions.refresh({ refreshToken, refreshId: "" });
    expect(claimsIn(next.accessToken)).toMatchObject({ tenant: "other" });
    expect(claimsIn(next.accessToken)).not.toHaveProperty("level");
    const narrow = { refreshToken: next.refreshToken, refreshId: "", scopes: ["notes:read"] };
    expect(claimsIn((await issuer.sessions.refresh(narrow)).accessToken)).toMatchObject({ tenant: "other" });
  });

  it("stand in a client's own tokens, and not in those that it has for others", async () => {
    await using own = await start();
    const { body } = await own.token({ grant_type: "client_credentials" });
    expect(claimsIn(body.access_token)).toMatchObject({ team: "robots", sub: "client_agent" });
    const { accessToken } = await own.signIn();
    const exchanged = claimsIn((await own.token(exchange(accessToken))).body.access_token);
    expect(exchanged).toMatchObject({ ...ADA.claims, act: { sub: "client_agent" } });
    expect(exchanged).not.toHaveProperty("team");
    const self = claimsIn((await own.token(exchange(String(body.access_token)))).body.access_token);
    expect(self).toMatchObject({ team: "robots" });
    const external = claimsIn((await own.token(exchange(own.other.sign()))).body.access_token);
    expect(external).not.toHaveProperty("team");
    expect(external).not.toHaveProperty("tenant");
  });

  it("say in may_act who may act for an account, and nobody else may (RFC 8693 §4.4)", async () => {
    await using own = await start();
    const { issuer } = own;
    const exchangeNow = async () => own.token(exchange((await own.signIn()).accessToken));
    await issuer.accounts.update("ada", { claims: { may_act: { sub: "client_agent" } } });
    const { status, body } = await exchangeNow();
    expect(status).toBe(200);
    expect(claimsIn(body.access_token)).toMatchObject({
      act: { sub: "client_agent" },
      may_act: { sub: "client_agent" },
    });
    for (const mayAct of [
      { sub: "client_other" },
      { sub: "client_agent", client_id: "other" },
      "client_agent",
      {},
    ]) {
      await issuer.accounts.update("ada", { claims: { may_act: mayAct } });
      expect(await exchangeNow()).toMatchObject({ status: 400, body: { error: "invalid_request" } });
    }
  });

  it("are shown by introspection, and hide nothing that it says itself", async () => {
    await using own = await start();
    await own.issuer.accounts.update("ada", { claims: { tenant: "acme", username: "x" } });
    const { accessToken } = await own.signIn();
    const form = { client_id: "agent", client_secret: own.secret, token: accessToken };
    const { body } = await postForm(own.issuer.endpoints["/oauth2/introspect"], form);
    expect(body).toMatchObject({ active: true, tenant: "acme", token_type: "Bearer", roles: ["author"] });
    expect(body).not.toHaveProperty("level");
  });
});

describe("a hook of claims", () => {
  it("is asked at a sign-in, a refresh, an exchange and a grant to a client, and told what for", async () => {
    await using own = await start(({ type, claims }) => ({ for: type, had: Object.keys(claims) }));
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

  it("is told who the user of another issuer is, with the claims of the token while there is one", async () => {
    await using own = await start(({ external }) => ({ org: external?.claims?.org ?? "unknown" }));
    const upstream = own.other.sign({ org: "acme", sub: "bob" });
    const { body } = await own.token({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: upstream,
    });
    expect(claimsIn(body.access_token)).toMatchObject({ org: "acme" });
    const refresh = { grant_type: "refresh_token", refresh_token: String(body.refresh_token) };
    const next = await own.token(refresh);
    expect(claimsIn(next.body.access_token)).toMatchObject({ org: "unknown" });
    const external = { issuer: "https://idp.example", subject: "bob" };
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
      await using own = await start(() => (isBroken ? answer : {}));
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

  it("that throws at once is one that fails", async () => {
    await using own = await start(() => {
      throw new Error("no directory");
    });
    await expect(own.signIn()).rejects.toMatchObject({ reason: "AUTH_UNAVAILABLE" });
    expect(own.errors).toEqual([expect.objectContaining({ message: "no directory" })]);
  });

  it("that hangs is waited for 2 s", async () => {
    await using own = await start(() => new Promise(() => undefined));
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
    await using own = await start(() => ({ tenant }));
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
