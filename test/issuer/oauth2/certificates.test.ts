import { once } from "node:events";
import { request as httpsRequest } from "node:https";
import { text } from "node:stream/consumers";
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-node";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import type { ClientCertificate } from "@countersign/server";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { createAuth } from "../../../server/gate/src/connect/create-auth.ts";
import type { ClientCertificateRule } from "../../../server/issuer/src/store/client-certificate-rule.ts";
import { buildRequestListener } from "../../../server/node/src/build-server.ts";
import { serveHandler } from "../../node/serving.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { type OwnIssuer, startOwnIssuer } from "../../support/own-issuer.ts";
import { createAuthority, createSelfSigned, type SelfSigned } from "../../support/self-signed.ts";
import { TEST_AUDIENCE } from "../../support/test-issuer.ts";
import { ACCESS_TOKEN } from "./exchange-server.ts";

const OWN = "A".repeat(43);

/** A certificate that an authority has signed. */
const certificate: ClientCertificate = {
  thumbprint: OWN,
  isVerified: true,
  subject: "CN=billing,O=Acme",
  san: {
    uri: ["spiffe://acme.example/billing"],
    dns: ["billing.acme.example"],
    email: ["b@acme.example"],
    ip: [],
  },
};
/** The same names, by nobody's word but that of their owner. */
const selfMade: ClientCertificate = { ...certificate, isVerified: false };
const replaced: ClientCertificate = { ...certificate, thumbprint: "B".repeat(43) };

const CLIENTS: Readonly<Record<string, ClientCertificateRule>> = {
  subject: { kind: "subject", name: "CN=billing,O=Acme" },
  uri: { kind: "uri", name: "spiffe://acme.example/billing" },
  dns: { kind: "dns", name: "Billing.Acme.example" },
  email: { kind: "email", name: "b@acme.example" },
  certificates: { kind: "certificates", thumbprints: [OWN] },
  another: { kind: "uri", name: "spiffe://acme.example/another" },
};

/** Start an issuer with a client for each rule, one with a secret, and one that is disabled. */
async function start(): Promise<OwnIssuer> {
  const own = await startOwnIssuer();
  const client = { scopes: [], roles: [], grants: ["client_credentials"], mayIntrospect: false };
  for (const [clientId, rule] of Object.entries(CLIENTS)) {
    await own.issuer.clients.create({ ...client, clientId, certificate: rule });
  }
  await own.issuer.clients.create({ ...client, clientId: "with-secret" });
  await own.issuer.clients.create({
    ...client,
    clientId: "disabled",
    certificate: { kind: "certificates", thumbprints: [OWN] },
  });
  await own.issuer.clients.disable("disabled");
  return own;
}

/** Ask for a token over a connection with a certificate, or with none. */
async function ask(
  { issuer }: OwnIssuer,
  clientId: string,
  shown: ClientCertificate | undefined,
  more: Readonly<Record<string, string>> = {},
) {
  const form = { grant_type: "client_credentials", client_id: clientId, ...more };
  const request = new Request("https://mtls.example/oauth2/token", {
    method: "POST",
    body: new URLSearchParams(form),
  });
  const response = await issuer.endpoints["/oauth2/token"]?.(request, {
    peer: "192.0.2.1",
    certificate: shown,
  });
  const body: Readonly<Record<string, unknown>> = await response?.json();
  return { status: response?.status, body };
}

describe("a client that proves itself by a certificate (RFC 8705 §2)", () => {
  it("gets tokens that are bound to the certificate that it shows, and only over it", async () => {
    await using own = await start();
    const good = notEmpty([
      ...["subject", "uri", "dns", "email", "certificates"].map((clientId) => ({
        clientId,
        shown: certificate,
      })),
      { clientId: "certificates", shown: selfMade },
      { clientId: "uri", shown: replaced },
    ]);
    for (const { clientId, shown } of good) {
      const { status, body } = await ask(own, clientId, shown);
      expect([clientId, status, body.token_type]).toEqual([clientId, 200, "Bearer"]);
      expect(decodeJwt(String(body.access_token)).cnf).toEqual({ "x5t#S256": shown.thumbprint });
    }
    const bad = notEmpty([
      ...Object.keys(CLIENTS).map((clientId) => ({ clientId, shown: undefined })),
      ...["subject", "uri", "dns", "email"].map((clientId) => ({ clientId, shown: selfMade })),
      ...["another", "with-secret", "disabled", "nobody"].map((clientId) => ({
        clientId,
        shown: certificate,
      })),
      { clientId: "certificates", shown: replaced },
    ]);
    for (const { clientId, shown } of bad) {
      const { status, body } = await ask(own, clientId, shown);
      expect([clientId, status, body.error]).toEqual([clientId, 401, "invalid_client"]);
    }
  });

  it("names itself, and proves itself in no other way beside", async () => {
    await using own = await start();
    expect(await ask(own, "", certificate)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    const both = await ask(own, "uri", certificate, { client_secret: "x" });
    expect(both).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    expect(await ask(own, "countersign-first-party", certificate)).toMatchObject({ status: 401 });
  });

  const wrong = notEmpty<readonly ClientCertificateRule[]>([
    { kind: "uri", name: "" },
    { kind: "subject", name: "CN=a\n" },
    { kind: "certificates", thumbprints: [] },
    { kind: "certificates", thumbprints: ["AA:BB"] },
    { kind: "certificates", thumbprints: Array.from({ length: 17 }, () => OWN) },
  ]);

  it("is not added with a rule that nothing can match", async () => {
    await using own = await startOwnIssuer();
    const client = {
      clientId: "x",
      scopes: [],
      roles: [],
      grants: ["client_credentials"],
      mayIntrospect: false,
    };
    for (const rule of wrong) {
      await expect(own.issuer.clients.create({ ...client, certificate: rule })).rejects.toThrow(
        /certificate/,
      );
    }
    const two = { jwks: '{"keys":[]}', certificate: { kind: "uri", name: "u" } } as const;
    await expect(own.issuer.clients.create({ ...client, ...two })).rejects.toThrow("one of these only");
  });
});

/** Post a form over a connection with a certificate. */
async function post(url: string, { cert, key }: SelfSigned, form: Readonly<Record<string, string>>) {
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  const request = httpsRequest(url, { method: "POST", cert, key, headers, rejectUnauthorized: false });
  request.end(String(new URLSearchParams(form)));
  const [response] = await once(request, "response");
  const body: Readonly<Record<string, unknown>> = JSON.parse(await text(response));
  return body;
}

const authority = createAuthority("clients");
const name = { uri: ["spiffe://acme.example/billing"] };
const billing = authority.issue("billing", name);
const eve = authority.issue("eve", { uri: ["spiffe://acme.example/eve"] });
const stranger = createAuthority("clients").issue("billing", name);
const GRANT = { grant_type: "client_credentials", client_id: "billing" };

/** Serve an issuer over TLS, with client `billing` by the name in its certificate, and `agent` by its secret. */
async function startOverTls() {
  const own = await startOwnIssuer();
  const { issuer, clock } = own;
  const right = { scopes: [], roles: [], mayIntrospect: true };
  await issuer.clients.create({
    ...{ ...right, clientId: "billing", grants: ["client_credentials"] },
    certificate: { kind: "uri", name: "spiffe://acme.example/billing" },
  });
  const agent = await issuer.clients.create({ ...right, clientId: "agent", grants: ["token-exchange"] });
  const auth = createAuth({
    routes: (router) => issuer.routes(router),
    issuers: [issuer.trust],
    audience: TEST_AUDIENCE,
    clock,
    onWarning: () => undefined,
  });
  const { endpoints } = issuer;
  const tls = { ...createSelfSigned(), ca: authority.cert, requestCert: true, rejectUnauthorized: false };
  const serving = await serveHandler(buildRequestListener({ ...auth, endpoints }), { tls });
  return {
    origin: serving.origin,
    agent: { client_id: "agent", client_secret: agent.secret ?? "" },
    async [Symbol.asyncDispose]() {
      await serving[Symbol.asyncDispose]();
      await own[Symbol.asyncDispose]();
    },
  };
}

/** Ask who a token is for, over a connection with a certificate. */
function whoAmI(baseUrl: string, { cert, key }: SelfSigned, token: unknown) {
  const nodeOptions = { cert, key, rejectUnauthorized: false };
  const transport = createConnectTransport({ baseUrl, httpVersion: "1.1", nodeOptions });
  return createClient(SessionService, transport).whoAmI(
    {},
    { headers: { authorization: `Bearer ${String(token)}` } },
  );
}

describe("over TLS, a client that an authority has given a certificate", () => {
  it("gets a token with it, and the gate takes that over the same certificate alone", async () => {
    await using server = await startOverTls();
    const url = `${server.origin}/oauth2/token`;
    for (const other of [eve, stranger]) {
      expect((await post(url, other, GRANT)).error).toBe("invalid_client");
    }
    const { access_token: token } = await post(url, billing, GRANT);
    expect(await whoAmI(server.origin, billing, token)).toMatchObject({
      clientId: "billing",
      binding: "mtls",
    });
    await expect(whoAmI(server.origin, eve, token)).rejects.toThrow("the access token is not valid");
  });

  it("has tokens that nobody else exchanges, and that are bound as before when it is exchanged", async () => {
    await using server = await startOverTls();
    const { access_token: token } = await post(`${server.origin}/oauth2/token`, billing, GRANT);
    const form = {
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      ...{ ...server.agent, subject_token: String(token), subject_token_type: ACCESS_TOKEN },
    };
    expect((await post(`${server.origin}/oauth2/token`, eve, form)).error).toBe("invalid_request");
    const { access_token: exchanged } = await post(`${server.origin}/oauth2/token`, billing, form);
    const { cnf } = decodeJwt(String(token));
    expect(decodeJwt(String(exchanged))).toMatchObject({ cnf, act: { client_id: "agent" } });
    const asked = await post(`${server.origin}/oauth2/introspect`, eve, {
      ...server.agent,
      token: String(token),
    });
    expect(asked).toMatchObject({ active: true, cnf, token_type: "Bearer" });
  });
});
