import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { HOSTILE_PROOFS } from "../../gate/binding/hostile-proofs.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type OAuthServer, startOAuthServer } from "../../support/oauth-server.ts";
import { createProofKey, signProof, thumbprintOf } from "../../support/proofs.ts";
import { addTestClient } from "../../support/sign-ins.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { ACCESS_TOKEN } from "./exchange-server.ts";

const TOKEN = "/oauth2/token";
const own = createProofKey();
const other = createProofKey();
const jkt = thumbprintOf(own);
const GRANTS = ["client_credentials", "refresh_token", "token-exchange", "jwt-bearer"];

/** Prove a key to the token endpoint. */
function prove({ issuer }: OAuthServer, key = own): { readonly dpop: string } {
  const iat = issuer.clock.nowMs() / 1_000;
  return { dpop: signProof(key, { claims: { htu: `${TEST_ISSUER}${TOKEN}`, iat } }) };
}

/** Start a server with a client that may use each grant. */
async function start() {
  const server = await startOAuthServer();
  const { clientId, secret } = await addTestClient(server.issuer, "agent", { grants: GRANTS });
  const client = { client_id: clientId, client_secret: secret };
  const exchange = (subject: string, headers = {}) => {
    const subjectToken = { subject_token: subject, subject_token_type: ACCESS_TOKEN };
    const grantType = "urn:ietf:params:oauth:grant-type:token-exchange";
    return server.post(TOKEN, { grant_type: grantType, ...client, ...subjectToken }, headers);
  };
  return { server, client, exchange, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const granted = { status: 200, body: { token_type: "DPoP" } };

describe("the token endpoint", () => {
  it("binds the token of each grant to the key of the proof (RFC 9449 §5)", async () => {
    await using started = await start();
    const { server, client, exchange } = started;
    const jwtBearer = { grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer" };
    const { accessToken } = await server.beginSession();
    const answers = notEmpty([
      await server.post(TOKEN, { grant_type: "client_credentials", ...client }, prove(server)),
      await server.post(TOKEN, { ...jwtBearer, ...client, assertion: server.other.sign() }, prove(server)),
      await exchange(accessToken, prove(server)),
      await exchange(server.other.sign(), prove(server)),
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject(granted);
      const token = String(answer.body.access_token);
      expect(decodeJwt(token)).toMatchObject({ cnf: { jkt } });
    }
  });

  it("binds refresh tokens of our own pages, and those of a client to its proof of who it is", async () => {
    await using started = await start();
    const { server } = started;
    const { refreshToken } = await server.beginSession();
    const form = { grant_type: "refresh_token", client_id: "countersign-first-party" };
    const bound = await server.post(TOKEN, { ...form, refresh_token: refreshToken }, prove(server));
    expect(bound).toMatchObject(granted);
    const next = { ...form, refresh_token: String(bound.body.refresh_token) };
    for (const headers of [{}, prove(server, other)]) {
      const { status, body } = await server.post(TOKEN, next, headers);
      expect([status, body.error]).toEqual([400, "invalid_dpop_proof"]);
    }
    expect(await server.post(TOKEN, next, prove(server))).toMatchObject(granted);
  });

  it("exchanges a bound token for who has proven its key, and for nobody else", async () => {
    await using started = await start();
    const { server, client, exchange } = started;
    const own = await server.post(TOKEN, { grant_type: "client_credentials", ...client }, prove(server));
    const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";
    const foreign = server.other.sign({ cnf: { jkt } });
    const ways = notEmpty([
      {
        error: "invalid_request",
        send: (headers: object) => exchange(String(own.body.access_token), headers),
      },
      { error: "invalid_request", send: (headers: object) => exchange(foreign, headers) },
      {
        error: "invalid_grant",
        send: (headers: object) =>
          server.post(TOKEN, { grant_type: jwtBearer, ...client, assertion: foreign }, { ...headers }),
      },
    ]);
    for (const { error, send } of ways) {
      for (const headers of [{}, prove(server, other)]) {
        const { status, body } = await send(headers);
        expect([status, body.error]).toEqual([400, error]);
      }
      expect(await send(prove(server))).toMatchObject(granted);
    }
  });

  it("says of a bound token what it is bound to, and revokes it, without a proof", async () => {
    await using started = await start();
    const { server, client } = started;
    const { body } = await server.post(TOKEN, { grant_type: "client_credentials", ...client }, prove(server));
    const form = { ...client, token: String(body.access_token) };
    const described = await server.post("/oauth2/introspect", form);
    expect(described.body).toMatchObject({ active: true, token_type: "DPoP", cnf: { jkt } });
    expect((await server.post("/oauth2/revoke", form)).status).toBe(200);
    expect((await server.post("/oauth2/introspect", form)).body).toEqual({ active: false });
  });

  it("takes none of the hostile proofs, nor one twice, and an assertion stays good", async () => {
    await using server = await startOAuthServer();
    const { assert } = await addTestClient(server.issuer, "billing", { key: true });
    const type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    const form = {
      grant_type: "client_credentials",
      client_assertion_type: type,
      client_assertion: assert(),
    };
    const elsewhere = { publicUrl: "https://api.example.com", path: "/notes.v1.Notes/List", token: "a.b.c" };
    for (const [what, make] of HOSTILE_PROOFS) {
      const proof = make(elsewhere);
      if (!/[\t\n]/.test(proof)) {
        const { status, body } = await server.post(TOKEN, form, { dpop: proof });
        expect([what, status, body.error]).toEqual([what, 400, "invalid_dpop_proof"]);
      }
    }
    const once = prove(server);
    expect(await server.post(TOKEN, form, once)).toMatchObject(granted);
    const again = await server.post(TOKEN, { ...form, client_assertion: assert() }, once);
    expect(again.body.error).toBe("invalid_dpop_proof");
    expect(server.errors).toEqual([]);
  });
});
