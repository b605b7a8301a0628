import { describe, expect, it } from "vitest";
import {
  createTokenExchange,
  type TokenExchangeOptions,
} from "../../../server/issuer/src/services/token-exchange.ts";
import { findAccountBySubject } from "../../../server/issuer/src/store/accounts.ts";
import { postForm } from "../../support/endpoint-calls.ts";
import { eventually } from "../../support/eventually.ts";
import type { Form, OAuthAnswer } from "../../support/oauth-server.ts";
import { startOwnIssuer } from "../../support/own-issuer.ts";
import { addTestClient, createOtherIssuer, type TestClient } from "../../support/sign-ins.ts";
import { createWallClock } from "../../support/test-clock.ts";
import { addTestAccount, TEST_ISSUER } from "../../support/test-issuer.ts";
import { ACCOUNT, K8S, key, podToken } from "./workload-tokens.ts";

const CLIENT_ID = "countersign-first-party";

/** How many tokens a stranger sends at a time: more than may fail at once, and than may wait. */
const WAVE = 1_200;
const MAY_FAIL = 500;
const MAY_WAIT = 1_000;

/** An issuer whose checks of signatures all have to wait, for forged tokens that one stranger revokes. */
async function start() {
  await using stack = new AsyncDisposableStack();
  let passedMs = 0;
  /** What counts the checks that fail stands still, too. */
  const clock = { ...createWallClock(), monotonicMs: () => passedMs };
  const own = stack.use(await startOwnIssuer([], { clock }));
  const { store, sessions, endpoints } = own.issuer;
  const { subject } = await addTestAccount(store, "ada");
  const account = (await findAccountBySubject(store, subject)) ?? expect.fail("there is no account");
  const client = await addTestClient({ store, clock, sessions }, "own", {
    mayIntrospect: true,
    grants: ["token-exchange"],
  });
  const begin = () => sessions.begin({ account, clientId: CLIENT_ID, scopes: [] });
  const post = (path: string, form: Form, peer: string): Promise<OAuthAnswer> =>
    postForm(endpoints[`/oauth2/${path}`], form, { peer });
  const { accessToken } = await begin();
  const answers: OAuthAnswer[] = [];
  const flood = (name: string): void => {
    for (let n = 0; n < WAVE; n++) {
      const token = forge(accessToken, `${name}-${n}`);
      void post("revoke", { client_id: CLIENT_ID, token }, "evil").then((answer) => answers.push(answer));
    }
  };
  flood("first");
  await eventually(() => answers.filter(({ status }) => status === 200).length === MAY_FAIL || undefined);
  // From here on all wait: those that may fail within this moment have failed.
  flood("second");
  await eventually(() => 2 * WAVE - answers.length === MAY_WAIT || undefined);
  const kept = stack.move();
  const isRevoked = async (sessionId: string) => (await sessions.find(sessionId))?.revokedAtMs !== undefined;
  const goOn = () => {
    passedMs += 10_000;
  };
  return { goOn, client, begin, post, answers, isRevoked, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Name another session in a token, whose signature then is none of it. */
function forge(token: string, sid: string): string {
  const [header, payload = "", signature] = token.split(".");
  const claims: object = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
  const forged = Buffer.from(JSON.stringify({ ...claims, sid })).toString("base64url");
  return [header, forged, signature].join(".");
}

const JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

const proof = ({ clientId, secret }: TestClient) => ({ client_id: clientId, client_secret: secret });

describe("beside a flood of forged tokens at the revocation endpoint", () => {
  it("good tokens of others are revoked, looked up and exchanged", async () => {
    await using server = await start();
    const { client, post } = server;
    const [revoked, known, exchanged] = [await server.begin(), await server.begin(), await server.begin()];
    const all = Promise.all([
      post("revoke", { client_id: CLIENT_ID, token: revoked.accessToken }, "home"),
      post("introspect", { ...proof(client), token: known.accessToken }, "office"),
      post("token", exchangeOf(client, exchanged.accessToken), "office"),
    ]);
    server.goOn();
    const [revocation, introspection, exchange] = await all;
    expect(revocation.status).toBe(200);
    expect(await server.isRevoked(revoked.sessionId)).toBe(true);
    expect(introspection.body).toMatchObject({ active: true });
    expect(exchange.body).toMatchObject({ access_token: expect.any(String) });
  });

  it("a caller whose token was not looked at is told to come again", async () => {
    await using server = await start();
    const refused = server.answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers.get("retry-after")).toBe("1");
    const { sessionId, accessToken } = await server.begin();
    const { status } = await server.post("revoke", { client_id: CLIENT_ID, token: accessToken }, "evil");
    expect({ status, isRevoked: await server.isRevoked(sessionId) }).toEqual({
      status: 429,
      isRevoked: false,
    });
  });
});

function exchangeOf(client: TestClient, token: string, type = "access_token"): Form {
  return {
    ...proof(client),
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token: token,
    subject_token_type: `urn:ietf:params:oauth:token-type:${type}`,
  };
}

/** An issuer whose key server takes requests, and does not answer. */
const HANGING = "https://hanging.example";

/** More than are checked at a time. */
const HUNG_TOKENS = 40;

describe("while the keys of another issuer do not come", () => {
  it("its tokens keep neither sign-ins nor assertions of others from their places", async () => {
    const clock = createWallClock();
    const other = createOtherIssuer(clock);
    const fetched = Promise.withResolvers<never>();
    const hungKeys = { jwksUri: `${HANGING}/jwks`, fetch: () => fetched.promise };
    const federatedIssuers = [
      { issuer: { issuer: HANGING, keys: hungKeys, insecure: { allowMissingType: true } } },
      { issuer: { issuer: K8S, keys: { jwks: { keys: [key.jwk] } }, insecure: { allowMissingType: true } } },
    ];
    await using own = await startOwnIssuer([other.federated], { clock, federatedIssuers });
    const rights = { scopes: [], roles: [], grants: ["client_credentials"], mayIntrospect: false };
    const trust = { issuer: K8S, subjects: [ACCOUNT] };
    await own.issuer.clients.create({ ...rights, clientId: "worker", trust });
    const post = (form: Form, peer: string) =>
      postForm(own.issuer.endpoints["/oauth2/token"], form, { peer });
    const hung = podToken({ iss: HANGING, aud: [TEST_ISSUER] });
    const forms = (token: string): readonly Form[] => [
      { grant_type: JWT_BEARER, assertion: token },
      { grant_type: "client_credentials", client_assertion_type: ASSERTION, client_assertion: token },
    ];
    const answers: OAuthAnswer[] = [];
    const agent = await addTestClient({ ...own.issuer, clock }, "agent", { grants: ["token-exchange"] });
    const exchange = exchangeOf(agent, hung, "jwt");
    const floods = [...forms(hung), exchange].flatMap((form) =>
      Array.from({ length: HUNG_TOKENS }, async () => answers.push(await post(form, "evil"))),
    );
    await new Promise((resolve) => setImmediate(resolve));
    const [signIn = {}] = forms(other.sign());
    const [, assertion = {}] = forms(podToken());
    const exchanged = exchangeOf(agent, other.sign(), "jwt");
    const good = [post(signIn, "home"), post(assertion, "evil"), post(exchanged, "evil")];
    expect((await Promise.all(good)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(answers).toEqual([]);
    fetched.reject(new Error("the connection broke"));
    await Promise.all(floods);
    for (const { status, body } of answers) {
      expect([status, body.error]).toEqual([503, "temporarily_unavailable"]);
    }
  });

  it("a thousand exchanges wait for them at the most", async () => {
    const hung = Promise.withResolvers<never>();
    const options: Partial<TokenExchangeOptions> = {
      issuer: TEST_ISSUER,
      issuerOf: () => HANGING,
      federation: (_token, _type, origin) => origin?.leavePlace?.(hung.promise) ?? hung.promise,
    };
    const exchange = createTokenExchange(options as TokenExchangeOptions); // nothing else is asked for before that
    const subject = { token: "", type: "jwt" } as const;
    const input = { subject, actor: undefined, scopes: [], peer: "evil", client: { clientId: "agent" } };
    const run = () =>
      exchange(input as unknown as Parameters<typeof exchange>[0]).catch((error: unknown) => error);
    const waiting = Array.from({ length: MAY_WAIT }, run);
    expect(await run()).toMatchObject({ reason: "RATE_LIMITED", retryAfterMs: 1_000 });
    const broken = new Error("the connection broke");
    hung.reject(broken);
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([broken]));
  });
});
