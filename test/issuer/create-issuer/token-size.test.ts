import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import {
  AssertionCredentialSchema,
  FederatedCredentialSchema,
  SessionService,
  type SignInRequest,
} from "@countersign/gen/countersign/auth/v1/session_pb.js";
import { expect, test } from "vitest";
import { postForm } from "../../support/endpoint-calls.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { TEST_ISSUER } from "../../support/test-issuer.ts";
import { createSigningKey, goodClaims, ISSUED_AT_SECONDS, signToken } from "../../support/tokens.ts";

const IDP = "https://idp.example";
const CLUSTER = "https://cluster.example";
const TYPE = "urn:ietf:params:oauth:";
const key = createSigningKey("ES256", "k1");
const keys = { jwks: { keys: [key.jwk] } };
const rights = { scopes: ["notes:read"], roles: [], mayIntrospect: false };
const grants = ["client_credentials", "token-exchange"];
/** More than the default of 8,192, and less than what is set below. */
const PADDING = "x".repeat(9_000);

async function start(maxTokenBytes: number | undefined) {
  const own = await startOwnIssuer([], {
    maxTokenBytes,
    federatedIssuers: [
      { issuer: { issuer: IDP, keys, types: ["JWT"] }, scopes: ["notes:read"] },
      { issuer: { issuer: CLUSTER, keys, types: ["JWT"] }, clientsOnly: true },
    ],
  });
  const { clients } = own.issuer;
  const trust = { issuer: CLUSTER, subjects: ["worker"] };
  await clients.create({ ...rights, grants, clientId: "worker", trust });
  await clients.create({ ...rights, grants, clientId: "own", jwks: JSON.stringify(keys.jwks) });
  const { signIn } = createClient(
    SessionService,
    createRouterTransport((router) => own.issuer.routes(router)),
  );
  return {
    token: (form: Readonly<Record<string, string>>) => postForm(own.issuer.endpoints["/oauth2/token"], form),
    signIn: (credential: SignInRequest["credential"]) =>
      signIn({ credential }).then(
        () => "granted",
        (error: unknown) => Code[ConnectError.from(error).code],
      ),
    [Symbol.asyncDispose]: () => own[Symbol.asyncDispose](),
  };
}

const sign = (iss: string, claims: object) =>
  signToken(key, goodClaims({ iss, aud: TEST_ISSUER, PADDING, ...claims }), { typ: "JWT" });
const ofUser = () => sign(IDP, { sub: "ada" });
const ofPlatform = () => sign(CLUSTER, { sub: "worker" });
const ofClient = () =>
  sign("own", { sub: "own", jti: "1", iat: ISSUED_AT_SECONDS, exp: ISSUED_AT_SECONDS + 60 });

const withAssertion = (assertion: string) => ({
  client_assertion_type: `${TYPE}client-assertion-type:jwt-bearer`,
  client_assertion: assertion,
});
const CREDENTIALS = notEmpty([
  { name: "the token of a platform", assertion: ofPlatform },
  { name: "the assertion of a client", assertion: ofClient },
]);

for (const { name, assertion } of CREDENTIALS) {
  test(`${name} may be as long as maxTokenBytes says`, async () => {
    await using server = await start(16_384);
    const form = { grant_type: "client_credentials", ...withAssertion(assertion()) };
    expect((await server.token(form)).status).toBe(200);
    await using other = await start(16_384);
    expect(
      await other.signIn({
        case: "assertion",
        value: create(AssertionCredentialSchema, { assertion: assertion() }),
      }),
    ).toBe("granted");
    await using short = await start(undefined);
    expect((await short.token(form)).status).toBe(401);
    expect(
      await short.signIn({
        case: "assertion",
        value: create(AssertionCredentialSchema, { assertion: assertion() }),
      }),
    ).toBe("InvalidArgument");
  });
}

test("a token that is exchanged may be as long as maxTokenBytes says", async () => {
  const form = () => ({
    ...{ grant_type: `${TYPE}grant-type:token-exchange`, ...withAssertion(ofPlatform()) },
    ...{ subject_token: ofUser(), subject_token_type: `${TYPE}token-type:id_token` },
  });
  await using server = await start(16_384);
  expect(await server.token(form())).toMatchObject({ status: 200 });
  expect(
    await server.signIn({ case: "federated", value: create(FederatedCredentialSchema, { token: ofUser() }) }),
  ).toBe("granted");
  await using short = await start(undefined);
  expect((await short.token(form())).status).toBe(401);
  expect(
    await short.signIn({ case: "federated", value: create(FederatedCredentialSchema, { token: ofUser() }) }),
  ).toBe("InvalidArgument");
});
