import { createClient, createRouterTransport } from "@connectrpc/connect";
import { SessionService } from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { kubernetes } from "../../../server/gate/src/issuers/kubernetes.ts";
import { spiffe } from "../../../server/gate/src/issuers/spiffe.ts";
import type { AuditEvent } from "../../../server/gate/src/kernel/audit.ts";
import type { FederatedIssuerOptions } from "../../../server/issuer/src/create-issuer/federated-issuer.ts";
import type { OpenIssuer } from "../../../server/issuer/src/create-issuer.ts";
import type { NewClient } from "../../../server/issuer/src/credentials/clients.ts";
import { postForm } from "../../support/endpoint-calls.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { ISSUED_AT_SECONDS } from "../../support/tokens.ts";
import { ACCOUNT, DOMAIN, K8S, key, podToken, spiffeKey, stranger, svid } from "./workload-tokens.ts";

const TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";

const FEDERATED: readonly FederatedIssuerOptions[] = [
  {
    issuer: { issuer: K8S, keys: { jwks: { keys: [key.jwk] } }, insecure: { allowMissingType: true } },
    clientsOnly: true,
  },
  {
    issuer: {
      ...{ issuer: DOMAIN, identifiedBy: "spiffe_id", types: ["JWT", "JOSE"] },
      keys: { jwks: { keys: [spiffeKey.jwk] } },
    },
    clientsOnly: true,
  },
];

interface Start extends AsyncDisposable {
  readonly issuer: OpenIssuer;
  readonly clock: { advance(ms: number): void };
  /** What was told to the audit trail. */
  readonly events: readonly AuditEvent[];
  /** Ask for tokens with an assertion of a client. */
  readonly grant: (assertion: string, form?: Readonly<Record<string, string>>) => ReturnType<typeof postForm>;
}

async function start(federatedIssuers = FEDERATED, client: Partial<NewClient> = {}): Promise<Start> {
  const own = await startOwnIssuer([], { federatedIssuers });
  const { issuer, clock } = own;
  const rights = { scopes: ["notes:read"], roles: [], grants: ["client_credentials"], mayIntrospect: false };
  const worker = { ...rights, clientId: "worker", trust: { issuer: K8S, subjects: [ACCOUNT] } };
  await issuer.clients.create({ ...worker, ...client });
  const subjects = [`${DOMAIN}/ns/a`, `${DOMAIN}/ns/b`];
  await issuer.clients.create({ ...rights, clientId: "spiffe", trust: { issuer: DOMAIN, subjects } });
  const token = issuer.endpoints["/oauth2/token"];
  return {
    issuer,
    clock,
    events: own.events,
    grant: (assertion, form = {}) =>
      postForm(token, {
        ...{ grant_type: "client_credentials", client_assertion_type: TYPE, client_assertion: assertion },
        ...form,
      }),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

const refused = { status: 401, body: { error: "invalid_client" } };

describe("a client that another issuer vouches for (RFC 7523 §2.2)", () => {
  it("gets tokens of its own, as often as it sends the token that its platform wrote", async () => {
    await using own = await start();
    const assertion = podToken();
    for (let time = 0; time < 3; time += 1) {
      const { status, body } = await own.grant(assertion);
      expect(status).toBe(200);
      expect(decodeJwt(String(body.access_token))).toMatchObject({
        ...{ iss: TEST_ISSUER, sub: "client_worker", client_id: "worker", scope: "notes:read" },
      });
    }
    expect((await own.grant(assertion, { client_id: "worker" })).status).toBe(200);
    expect(await own.grant(assertion, { client_id: "spiffe" })).toMatchObject({
      ...{ status: 400, body: { error: "invalid_request" } },
    });
    own.clock.advance(3_600_000);
    expect(await own.grant(assertion)).toMatchObject(refused);
  });

  it("signs in over RPC with the same token", async () => {
    await using own = await start();
    const transport = createRouterTransport((router) => own.issuer.routes(router));
    const { signIn } = createClient(SessionService, transport);
    for (let time = 0; time < 2; time += 1) {
      const { tokens } = await signIn({
        credential: { case: "assertion", value: { assertion: podToken() } },
      });
      expect(decodeJwt(tokens?.accessToken ?? "")).toMatchObject({ sub: "client_worker" });
      expect(tokens?.refreshToken).toBe("");
    }
  });

  it("may be any of several SPIFFE IDs, exactly", async () => {
    await using own = await start();
    for (const path of ["/ns/a", "/ns/b"]) {
      expect((await own.grant(svid(`${DOMAIN}${path}`))).status).toBe(200);
    }
    const others = [`${DOMAIN}/ns/c`, `${DOMAIN}/ns/a/b`, `${DOMAIN}/ns`, "spiffe://other.example/ns/a"];
    for (const id of [...others, "spiffe", ""]) {
      expect(await own.grant(svid(id))).toMatchObject(refused);
    }
  });

  it("may name the token endpoint as whom the token is for", async () => {
    await using own = await start();
    expect((await own.grant(podToken({ aud: `${TEST_ISSUER}/oauth2/token` }))).status).toBe(200);
  });

  const bad: readonly (readonly [string, string])[] = [
    ["for the API, with which calls are made", podToken({ aud: ["tests"] })],
    ["for another server", podToken({ aud: ["https://other.example"] })],
    ["for another server too", podToken({ aud: [TEST_ISSUER, "https://other.example"] })],
    ["for the API too", podToken({ aud: [TEST_ISSUER, "tests"] })],
    ["for nobody", podToken({ aud: undefined })],
    ["for an empty audience", podToken({ aud: [] })],
    ["of another subject", podToken({ sub: `${ACCOUNT}2` })],
    ["of a subject in other letters", podToken({ sub: ACCOUNT.toUpperCase() })],
    ["of no subject", podToken({ sub: undefined })],
    ["of an empty subject", podToken({ sub: "" })],
    ["of a subject in a list", podToken({ sub: [ACCOUNT] })],
    ["of an issuer that is not trusted", podToken({ iss: "https://other.example" })],
    ["of our own name", podToken({ iss: TEST_ISSUER })],
    ["of a client's name", podToken({ iss: "worker", sub: "worker" })],
    ["that has expired", podToken({ exp: ISSUED_AT_SECONDS - 1, iat: ISSUED_AT_SECONDS - 60 })],
    ["that is not good yet", podToken({ nbf: ISSUED_AT_SECONDS + 60 })],
    ["without an end", podToken({ exp: undefined })],
    ["that lasts for more than a day", podToken({ exp: ISSUED_AT_SECONDS + 86_401 })],
    ["that is an access token", podToken({}, { typ: "at+jwt" })],
    ["that another party acts with", podToken({ act: { sub: "agent" } })],
    ["that is bound to a key", podToken({ cnf: { jkt: "x" } })],
    ["with another's signature", podToken({}, {}, stranger)],
    ["that is bound to a key", podToken({ cnf: { jkt: "A".repeat(43) } })],
    ["that is bound to a certificate", podToken({ cnf: { "x5t#S256": "A".repeat(43) } })],
    ["without a signature", `${podToken({}, { alg: "none" }).split(".").slice(0, 2).join(".")}.`],
    ["that is none", "token"],
  ];
  for (const [what, assertion] of bad) {
    it(`is not let in with a token ${what}`, async () => {
      await using own = await start();
      const answer = await own.grant(assertion);
      expect(answer).toMatchObject(refused);
      expect(Object.keys(answer.body).toSorted()).toEqual(["error", "error_description"]);
    });
  }

  it("is not let in for a reason that its operator learns, and it does not", async () => {
    await using own = await start();
    const audience = await own.grant(podToken({ aud: ["tests"] }));
    const subject = await own.grant(podToken({ sub: "stranger" }));
    expect([audience, subject].map(({ body }) => body.error_description)).toEqual([
      "the token is not valid here",
      "the client could not be authenticated",
    ]);
    expect(own.events.filter(({ type }) => type === "sign_in_failed")).toMatchObject([
      {
        reason: "CREDENTIALS_INVALID",
        check: "audience",
        expected: expect.stringContaining(TEST_ISSUER),
        got: expect.stringContaining("tests"),
      },
      { reason: "CREDENTIALS_INVALID", check: "client", got: "stranger" },
    ]);
  });

  it("is let in no more once it is disabled, or proves itself otherwise", async () => {
    await using own = await start();
    await own.issuer.clients.disable("worker");
    expect(await own.grant(podToken())).toMatchObject(refused);
    await own.issuer.clients.enable("worker");
    expect((await own.grant(podToken())).status).toBe(200);
    const { secret = "" } = await own.issuer.clients.rotate("worker", { overlapMs: 0 });
    expect(await own.grant(podToken())).toMatchObject(refused);
    expect(secret).toMatch(/^css_/);
  });

  it("uses no grant that it is not allowed", async () => {
    await using own = await start(FEDERATED, { grants: ["token-exchange"] });
    expect(await own.grant(podToken())).toMatchObject({
      ...{ status: 400, body: { error: "unauthorized_client" } },
    });
  });

  it("must have the claims that its issuer is held to beside", async () => {
    await using own = await start(
      FEDERATED.map((other) => ({ ...other, requiredClaims: { cluster: "prod" } })),
    );
    expect(await own.grant(podToken())).toMatchObject(refused);
    expect((await own.grant(podToken({ cluster: "prod" }))).status).toBe(200);
  });

  it("is all that tokens prove which are exchanged for nothing", async () => {
    await using own = await start();
    for (const sub of [ACCOUNT, "system:serviceaccount:evil:stranger"]) {
      const form = { grant_type: JWT_BEARER, assertion: podToken({ sub }) };
      const { status, body } = await postForm(own.issuer.endpoints["/oauth2/token"], form);
      expect([status, body.error]).toEqual([400, "invalid_grant"]);
    }
  });

  it("may be one of an issuer whose tokens are exchanged as well", async () => {
    await using own = await start(
      FEDERATED.map((other) => ({ ...other, clientsOnly: false, scopes: ["notes:read"] })),
    );
    expect((await own.grant(podToken())).status).toBe(200);
    const form = { grant_type: JWT_BEARER, assertion: podToken() };
    const { body } = await postForm(own.issuer.endpoints["/oauth2/token"], form);
    expect(decodeJwt(String(body.access_token)).sub).toMatch(/^ext_/);
  });

  it("comes with the presets of platforms, and not with what these would take in calls", async () => {
    const presets = [
      kubernetes({ issuer: K8S, jwks: { keys: [key.jwk] }, audience: "tests" }),
      spiffe({ trustDomain: "acme.example", bundle: { keys: [spiffeKey.jwk] }, audience: "tests" }),
    ];
    await using own = await start(presets.map((issuer) => ({ issuer, clientsOnly: true })));
    expect((await own.grant(podToken())).status).toBe(200);
    expect((await own.grant(svid(`${DOMAIN}/ns/a`))).status).toBe(200);
    expect(await own.grant(podToken({ aud: "tests" }))).toMatchObject(refused);
  });

  it("is none that a misspelt option makes of an issuer", async () => {
    // What a program in JavaScript may give.
    const wrong = { ...FEDERATED[0], clientOnly: true } as FederatedIssuerOptions;
    await expect(start([wrong])).rejects.toThrow("a federated issuer has no option clientOnly");
  });
});
