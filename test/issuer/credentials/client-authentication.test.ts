import { describe, expect, it } from "vitest";
import {
  type ClientCredential,
  createClientAuthentication,
} from "../../../server/issuer/src/credentials/client-authentication.ts";
import { createClients } from "../../../server/issuer/src/credentials/clients.ts";
import type { Store } from "../../../server/issuer/src/store/database.ts";
import { addTestClient } from "../../support/sign-ins.ts";
import { openTestSqlite } from "../../support/stores.ts";
import { startTestIssuer, TEST_ISSUER } from "../../support/test-issuer.ts";
import { craftToken, createSigningKey, encodePart, macOf, signToken } from "../../support/tokens.ts";

async function start(store: Store) {
  const issuer = await startTestIssuer(store);
  const { clock } = issuer;
  const authenticate = createClientAuthentication({
    store,
    clock,
    issuer: TEST_ISSUER,
    toleranceSeconds: 0,
    maxTokenBytes: 8_192,
  });
  const nowSeconds = Math.floor(clock.nowMs() / 1_000);
  return { issuer, clock, nowSeconds, authenticate };
}

const byAssertion = (assertion: string): ClientCredential => ({ kind: "assertion", assertion });

const UNKNOWN = { reason: "CREDENTIALS_INVALID", message: "the client could not be authenticated" };

describe("a client's secret", () => {
  it("lets it in until it is replaced and the overlap is over", async () => {
    await using store = await openTestSqlite();
    const { issuer, clock, authenticate } = await start(store);
    const { secret } = await addTestClient(issuer, "billing");
    const credential = { kind: "secret", clientId: "billing", clientSecret: secret } as const;
    expect(await authenticate(credential)).toMatchObject({ clientId: "billing" });
    const { sessions } = issuer;
    const clients = createClients({ store, clock, sessions, revocations: { revoke: async () => {} } });
    await clients.rotate("billing", { overlapMs: 1_000 });
    clock.advance(999);
    await authenticate(credential);
    clock.advance(1);
    await expect(authenticate(credential)).rejects.toMatchObject(UNKNOWN);
    issuer[Symbol.dispose]();
  });

  it("is refused alike when it is wrong, and when there is no such client", async () => {
    await using store = await openTestSqlite();
    const { issuer, authenticate } = await start(store);
    const { secret } = await addTestClient(issuer, "billing");
    await addTestClient(issuer, "keyed", { key: true });
    const tries = [
      ["billing", `${secret}x`],
      ["billing", ""],
      ["nobody", secret],
      ["keyed", secret],
      ["keyed", ""],
      ["client_billing", secret],
      ["a\0b", secret],
    ];
    for (const [clientId = "", clientSecret = ""] of tries) {
      const attempt = authenticate({ kind: "secret", clientId, clientSecret });
      await expect(attempt).rejects.toMatchObject(UNKNOWN);
    }
    issuer[Symbol.dispose]();
  });

  it("is of no use once the client is disabled, nor is an assertion", async () => {
    await using store = await openTestSqlite();
    const { issuer, clock, authenticate } = await start(store);
    const { secret } = await addTestClient(issuer, "billing");
    const keyed = await addTestClient(issuer, "keyed", { key: true });
    const { sessions } = issuer;
    const clients = createClients({ store, clock, sessions, revocations: { revoke: async () => {} } });
    await clients.disable("billing");
    await clients.disable("keyed");
    const attempt = authenticate({ kind: "secret", clientId: "billing", clientSecret: secret });
    await expect(attempt).rejects.toMatchObject(UNKNOWN);
    await expect(authenticate(byAssertion(keyed.assert()))).rejects.toMatchObject(UNKNOWN);
    issuer[Symbol.dispose]();
  });

  it("is an assertion's signature instead, good once for all servers together", async () => {
    await using store = await openTestSqlite();
    const { issuer, clock, authenticate } = await start(store);
    const client = await addTestClient(issuer, "billing", { key: true });
    const assertion = client.assert();
    const other = createClientAuthentication({
      store,
      clock,
      issuer: TEST_ISSUER,
      toleranceSeconds: 0,
      maxTokenBytes: 8_192,
    });
    const servers = [authenticate, other, authenticate, other];
    const tries = await Promise.allSettled(servers.map((server) => server(byAssertion(assertion))));
    expect(tries.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(tries.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { message: "the assertion was used before: each needs a jti of its own" },
    });
    issuer[Symbol.dispose]();
  });
});

it("the jti of one client does not use up that of another", async () => {
  await using store = await openTestSqlite();
  const { issuer, authenticate } = await start(store);
  const [one, two] = [
    await addTestClient(issuer, "one", { key: true }),
    await addTestClient(issuer, "two", { key: true }),
  ];
  await authenticate(byAssertion(one.assert({ jti: "same" })));
  expect(await authenticate(byAssertion(two.assert({ jti: "same" })))).toMatchObject({ clientId: "two" });
  issuer[Symbol.dispose]();
});

interface Case {
  readonly what: string;
  readonly claims?: (nowSeconds: number) => Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

const refused: readonly Case[] = [
  { what: "for the token endpoint", claims: () => ({ aud: `${TEST_ISSUER}/oauth2/token` }), message: "aud" },
  { what: "for the issuer with a slash", claims: () => ({ aud: `${TEST_ISSUER}/` }), message: "aud" },
  { what: "for others too", claims: () => ({ aud: [TEST_ISSUER, "https://x.example"] }), message: "aud" },
  { what: "for nobody", claims: () => ({ aud: undefined }), message: "aud" },
  { what: "that has expired", claims: (now) => ({ exp: now }), message: "exp must be in the future" },
  { what: "that never expires", claims: () => ({ exp: undefined }), message: "exp" },
  { what: "that expires at a text", claims: (now) => ({ exp: `${now + 60}` }), message: "exp" },
  { what: "that lasts too long", claims: (now) => ({ exp: now + 301 }), message: "at most 300 seconds" },
  { what: "of the future", claims: (now) => ({ iat: now + 1 }), message: "iat and nbf" },
  { what: "that is not good yet", claims: (now) => ({ nbf: now + 1 }), message: "iat and nbf" },
  { what: "without jti", claims: () => ({ jti: undefined }), message: "jti" },
  { what: "with a huge jti", claims: () => ({ jti: "x".repeat(257) }), message: "jti" },
  { what: "about another client", claims: () => ({ sub: "other" }) },
  { what: "about a user", claims: () => ({ iss: "usr_ada", sub: "usr_ada" }) },
  { what: "of an unknown client", claims: () => ({ iss: "nobody", sub: "nobody" }) },
  { what: "of a client with a secret", claims: () => ({ iss: "secretive", sub: "secretive" }) },
  { what: "of no client", claims: () => ({ iss: undefined, sub: undefined }) },
  { what: "with the type of an access token", header: { typ: "at+jwt" } },
  { what: "with the type of an access token in full", header: { typ: "application/at+jwt" } },
  { what: "with the type of a logout token", header: { typ: "logout+jwt" } },
  { what: "without an algorithm", header: { alg: "none" } },
  { what: "with a symmetric algorithm", header: { alg: "HS256" } },
  { what: "with another algorithm than its key's", header: { alg: "EdDSA" } },
  { what: "with an unknown key", header: { kid: "other" } },
  { what: "with a critical extension", header: { crit: ["b64"], b64: false } },
];

for (const { what, claims = () => ({}), header = {}, message = UNKNOWN.message } of refused) {
  it(`an assertion ${what} is refused`, async () => {
    await using store = await openTestSqlite();
    const { issuer, nowSeconds, authenticate } = await start(store);
    const client = await addTestClient(issuer, "billing", { key: true });
    await addTestClient(issuer, "secretive");
    await expect(authenticate(byAssertion(client.assert(claims(nowSeconds), header)))).rejects.toMatchObject({
      reason: "CREDENTIALS_INVALID",
      message: expect.stringContaining(message),
    });
    issuer[Symbol.dispose]();
  });
}

it("an assertion may name its type, or its one audience in a list", async () => {
  await using store = await openTestSqlite();
  const { issuer, authenticate } = await start(store);
  const client = await addTestClient(issuer, "billing", { key: true });
  const good = [
    client.assert({}, { typ: undefined }),
    client.assert({}, { typ: "client-authentication+jwt" }),
    client.assert({ aud: [TEST_ISSUER] }),
    client.assert({}, { kid: undefined }),
  ];
  for (const assertion of good) {
    expect(await authenticate(byAssertion(assertion))).toMatchObject({ clientId: "billing" });
  }
  issuer[Symbol.dispose]();
});

it("an assertion with another's signature, none, or the public key as a secret is refused", async () => {
  await using store = await openTestSqlite();
  const { issuer, nowSeconds, authenticate } = await start(store);
  const client = await addTestClient(issuer, "billing", { key: true });
  const { kid, jwk } = client.key;
  const claims = { iss: "billing", sub: "billing", aud: TEST_ISSUER, exp: nowSeconds + 60, jti: "j" };
  const stranger = createSigningKey("ES256", kid);
  const [header, payload] = client.assert().split(".");
  const forged = [
    signToken(stranger, claims, { typ: "JWT" }),
    signToken(stranger, claims, { typ: "JWT", jwk: stranger.jwk }),
    craftToken({ alg: "none", typ: "JWT" }, claims),
    craftToken({ alg: "HS256", kid, typ: "JWT" }, claims, macOf(JSON.stringify(jwk))),
    `${header}.${payload}.${encodePart(new Uint8Array(64))}`,
    `${header}.${payload}.`,
    "no token at all",
    "",
  ];
  for (const assertion of forged) {
    await expect(authenticate(byAssertion(assertion))).rejects.toMatchObject(UNKNOWN);
  }
  issuer[Symbol.dispose]();
});

it("a wrong assertion does not use up the jti of a right one", async () => {
  await using store = await openTestSqlite();
  const { issuer, authenticate } = await start(store);
  const client = await addTestClient(issuer, "billing", { key: true });
  await expect(authenticate(byAssertion(client.assert({ jti: "j", aud: "x" })))).rejects.toThrow("aud");
  await authenticate(byAssertion(client.assert({ jti: "j" })));
  issuer[Symbol.dispose]();
});
