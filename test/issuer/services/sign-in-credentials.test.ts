import type { SignInRequest } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { Delivery } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { toFederatedSubject } from "../../../server/issuer/src/credentials/federated-identity.ts";
import { COOKIE_ORIGIN } from "../../support/own-issuer.ts";
import { bearer, startSessionServer } from "../../support/session-server.ts";
import { addTestClient, createOtherIssuer } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { refusal, signInRequest } from "./session-calls.ts";

type Credential = SignInRequest["credential"];
const bySecret = (clientId: string, clientSecret: string) =>
  ({ case: "clientSecret", value: { clientId, clientSecret } }) as const;

describe("SignIn with a client's secret or assertion", () => {
  it("answers an access token of the client, and no refresh token", async () => {
    await using server = await startSessionServer();
    const { secret } = await addTestClient(server.issuer, "billing");
    const keyed = await addTestClient(server.issuer, "keyed", { key: true });
    const credentials = [
      bySecret("billing", secret),
      { case: "assertion", value: { assertion: keyed.assert() } } as const,
    ];
    for (const credential of credentials) {
      const { tokens } = await server.client.signIn({ credential, scopes: ["notes:read"] });
      expect(tokens).toMatchObject({ refreshToken: "", scopes: ["notes:read"], tokenType: "Bearer" });
      expect(tokens?.refreshExpiresIn).toBeUndefined();
    }
  });

  it("has no cookie to write", async () => {
    await using server = await startSessionServer();
    const { secret } = await addTestClient(server.issuer, "billing");
    let cookie: string | null = "not looked at";
    await server.client.signIn(
      { credential: bySecret("billing", secret), delivery: Delivery.COOKIE },
      {
        headers: { origin: COOKIE_ORIGIN },
        onHeader: (headers) => {
          cookie = headers.get("set-cookie");
        },
      },
    );
    expect(cookie).toBeNull();
  });

  it("is for clients that may use client credentials", async () => {
    await using server = await startSessionServer();
    const { secret } = await addTestClient(server.issuer, "billing", { grants: ["token-exchange"] });
    const call = server.client.signIn({ credential: bySecret("billing", secret) });
    expect(await refusal(call)).toMatchObject({ code: "PermissionDenied", reason: "POLICY_DENIED" });
  });
});

describe("SignIn with a token of another issuer", () => {
  it("answers an access token of a subject of ours, and no refresh token", async () => {
    const other = createOtherIssuer(createWallClock());
    await using server = await startSessionServer({ federated: [other.federated] });
    const { tokens } = await server.client.signIn({
      credential: { case: "federated", value: { token: other.sign() } },
    });
    expect(tokens).toMatchObject({ refreshToken: "", scopes: ["notes:read"] });
    const { sessions } = await server.client.listSessions({}, bearer(tokens?.accessToken ?? ""));
    expect(sessions).toEqual([]); // none that could be refreshed
  });

  it("keeps the subject signed in where its issuer's sessions go on, like everybody else", async () => {
    const other = createOtherIssuer(createWallClock(), { refreshForMs: 3_600_000 });
    await using server = await startSessionServer({ federated: [other.federated] });
    const { client } = server;
    const credential = { case: "federated", value: { token: other.sign() } } as const;
    const { tokens } = await client.signIn({ credential });
    const next = await client.refresh({ refreshToken: tokens?.refreshToken ?? "" });
    const caller = bearer(next.tokens?.accessToken ?? "");
    const { sessions } = await client.listSessions({}, caller);
    expect(sessions).toMatchObject([{ sessionId: tokens?.sessionId, current: true, scopes: ["notes:read"] }]);
    const lost = await client.signIn({ credential });
    await client.revokeSession({ sessionId: lost.tokens?.sessionId ?? "" }, caller);
    await client.signOut({}, caller);
    for (const refreshToken of [lost.tokens?.refreshToken ?? "", next.tokens?.refreshToken ?? ""]) {
      expect(await refusal(client.refresh({ refreshToken }))).toMatchObject({ reason: "SESSION_REVOKED" });
    }
  });

  it("puts the refresh token into the cookie when asked to", async () => {
    const other = createOtherIssuer(createWallClock(), { refreshForMs: 3_600_000 });
    await using server = await startSessionServer({ federated: [other.federated] });
    const credential = { case: "federated", value: { token: other.sign() } } as const;
    let cookie: string | null = null;
    const headers = { origin: COOKIE_ORIGIN };
    const onHeader = (answered: Headers) => {
      cookie = answered.get("set-cookie");
    };
    const { tokens } = await server.client.signIn(
      { credential, delivery: Delivery.COOKIE },
      { headers, onHeader },
    );
    expect(tokens?.refreshToken).toBe("");
    expect(cookie).toMatch(
      /^__Secure-countersign_refresh=csr_[\w-]{91}; Max-Age=3600; .*HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it("does not let who acts for the subject become the subject", async () => {
    const other = createOtherIssuer(createWallClock(), { refreshForMs: 3_600_000 });
    await using server = await startSessionServer({ federated: [other.federated] });
    const signIn = (token: string) =>
      server.client.signIn({ credential: { case: "federated", value: { token } } });
    const { tokens } = await signIn(other.sign({ act: { sub: "client_agent", client_id: "agent" } }));
    const { act } = decodeJwt<{ readonly act: unknown }>(tokens?.accessToken ?? "");
    // A name that none of our clients has.
    expect(act).toEqual({ sub: toFederatedSubject("https://idp.example", "client_agent") });
    const listing = server.client.listSessions({}, bearer(tokens?.accessToken ?? ""));
    expect(await refusal(listing)).toMatchObject({ reason: "POLICY_DENIED" });
    for (const unclear of ["robot", {}, { sub: "" }, null, []]) {
      expect(await refusal(signIn(other.sign({ act: unclear })))).toMatchObject({
        reason: "CREDENTIALS_INVALID",
      });
    }
  });

  it("names all who acted before anew, and takes over nothing else that is said of them", async () => {
    const other = createOtherIssuer(createWallClock(), { refreshForMs: 3_600_000 });
    await using server = await startSessionServer({ federated: [other.federated] });
    const signIn = (act: unknown) =>
      server.client.signIn({ credential: { case: "federated", value: { token: other.sign({ act }) } } });
    const admin = { sub: "client_admin", client_id: "admin", act: { iss: TEST_ISSUER, sub: "usr_ada" } };
    const { tokens } = await signIn({ sub: "x", act: { ...admin, about: "y".repeat(3_000) } });
    const { act } = decodeJwt<{ readonly act: unknown }>(tokens?.accessToken ?? "");
    expect(act).toEqual({
      sub: toFederatedSubject("https://idp.example", "x"),
      act: {
        sub: toFederatedSubject("https://idp.example", "client_admin"),
        act: { sub: toFederatedSubject(TEST_ISSUER, "usr_ada") },
      },
    });
    const unclear = [{ about: "x" }, { sub: 5 }, { sub: "a", iss: 5 }, "a", null, []];
    const tooMany = { sub: "a", act: { sub: "b", act: { sub: "c", act: { sub: "d" } } } };
    for (const before of [...unclear, tooMany]) {
      expect(await refusal(signIn({ sub: "x", act: before }))).toMatchObject({
        reason: "CREDENTIALS_INVALID",
      });
    }
  });

  it("keeps what a token says in may_act, and lets no party match what is not understood", async () => {
    const other = createOtherIssuer(createWallClock(), { refreshForMs: 3_600_000 });
    await using server = await startSessionServer({ federated: [other.federated] });
    const carriedOf = async (mayAct: unknown) => {
      const value = { token: other.sign({ may_act: mayAct }) };
      const { tokens } = await server.client.signIn({ credential: { case: "federated", value } });
      expect(tokens?.refreshToken).toBe("");
      return decodeJwt(tokens?.accessToken ?? "").may_act;
    };
    expect(await carriedOf({ sub: "x" })).toEqual({ iss: "https://idp.example", sub: "x" });
    const unclear = ["x", null, [], {}, { sub: 5 }, { sub: "x", team: "y" }, { sub: "x", client_id: 5 }];
    for (const mayAct of [...unclear, { sub: "x".repeat(1_100) }, { iss: 5, sub: "x" }]) {
      expect(await carriedOf(mayAct)).toEqual({});
    }
  });

  it("takes no token of ours, nor an assertion", async () => {
    const other = createOtherIssuer(createWallClock());
    await using server = await startSessionServer({ federated: [other.federated] });
    const keyed = await addTestClient(server.issuer, "keyed", { key: true });
    const { tokens } = await server.client.signIn(signInRequest({}));
    for (const token of [tokens?.accessToken ?? "", tokens?.refreshToken ?? "", keyed.assert()]) {
      const call = server.client.signIn({ credential: { case: "federated", value: { token } } });
      expect(await refusal(call)).toMatchObject({ reason: "CREDENTIALS_INVALID" });
    }
  });
});

describe("SignIn", () => {
  const wrong: readonly (readonly [string, Credential])[] = [
    ["a client that does not exist", { ...bySecret("nobody", "css_x") } as Credential],
    ["a wrong assertion", { case: "assertion", value: { assertion: "x" } } as Credential],
    ["a wrong token", { case: "federated", value: { token: "x" } } as Credential],
  ];
  for (const [what, credential] of wrong) {
    it(`refuses ${what}, and tells the audit trail`, async () => {
      await using server = await startSessionServer();
      expect(await refusal(server.client.signIn({ credential }))).toMatchObject({
        code: "Unauthenticated",
        reason: "CREDENTIALS_INVALID",
      });
      expect(server.events).toMatchObject([{ type: "sign_in_failed", reason: "CREDENTIALS_INVALID" }]);
    });
  }

  it("names the fields of a credential that are missing", async () => {
    await using server = await startSessionServer();
    const fieldsOf = async (kind: "clientSecret" | "assertion" | "federated") =>
      (await refusal(server.client.signIn({ credential: { case: kind, value: {} } }))).fields;
    expect(await fieldsOf("clientSecret")).toEqual([
      "client_secret.client_id",
      "client_secret.client_secret",
    ]);
    expect(await fieldsOf("assertion")).toEqual(["assertion.assertion"]);
    expect(await fieldsOf("federated")).toEqual(["federated.token"]);
  });

  it("says in the token that a password was typed, also after a refresh (R27)", async () => {
    await using server = await startSessionServer();
    const { tokens } = await server.client.signIn(signInRequest({}));
    const next = await server.client.refresh({ refreshToken: tokens?.refreshToken ?? "" });
    for (const { accessToken } of [tokens, next.tokens].filter((set) => set !== undefined)) {
      expect(decodeJwt(accessToken)).toMatchObject({ amr: ["pwd"] });
      expect(decodeJwt(accessToken)).not.toHaveProperty("acr");
    }
  });

  it("lets one address try thirty times a minute, whatever the account", async () => {
    await using server = await startSessionServer();
    for (let n = 0; n < 30; n++) {
      const call = server.client.signIn(signInRequest({ username: `name-${n}` }));
      expect(await refusal(call)).toMatchObject({ code: "Unauthenticated" });
    }
    expect(await refusal(server.client.signIn(signInRequest({})))).toMatchObject({
      code: "ResourceExhausted",
      reason: "RATE_LIMITED",
      retries: 1,
    });
    server.issuer.clock.advance(2_000);
    await server.client.signIn(signInRequest({}));
  });
});
