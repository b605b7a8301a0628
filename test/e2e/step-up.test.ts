import type { DescService } from "@bufbuild/protobuf";
import {
  createClient,
  createRouterTransport,
  type HandlerContext,
  type ServiceImpl,
} from "@connectrpc/connect";
import { Access, OnExpiry } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import {
  createSession,
  reasonOf,
  type Session,
  type SessionOptions,
  type StepUp,
  type TokenGrant,
} from "@countersign/sdk";
import { expect, test } from "vitest";
import { createAuth } from "../../server/gate/src/connect/create-auth.ts";
import { echoRoutes } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { startOwnIssuer } from "../support/own-issuer.ts";
import { TEST_AUDIENCE } from "../support/test-issuer.ts";
import { createSigningKey, goodClaims, signToken } from "../support/tokens.ts";

const { AUTHENTICATED } = Access;
const service = echoService({
  Pay: { policy: { access: AUTHENTICATED, maxAuthAge: { seconds: 60n } } },
  Sign: { policy: { access: AUTHENTICATED, acrValues: ["urn:acme:key", "urn:acme:mfa"] } },
  Watch: {
    policy: { access: AUTHENTICATED, stream: { onExpiry: OnExpiry.RENEW } },
    kind: "server_streaming",
  },
});

/** The client of a service that is made at run time has no types of its own. */
interface EchoClient {
  pay(request: object): Promise<{ readonly text: string }>;
  sign(request: object): Promise<{ readonly text: string }>;
  watch(request: object): AsyncIterable<{ readonly text: string }>;
}

const ADA = { username: "ada", password: "correct horse battery" };
const BASE_URL = "https://in-memory";

/** The built-in issuer and a service behind it, and a session that signed in two minutes ago. */
async function setUp(onStepUp?: (session: Session, stepUp: StepUp) => unknown) {
  await using stack = new AsyncDisposableStack();
  const own = stack.use(await startOwnIssuer());
  await own.issuer.accounts.create({ ...ADA, scopes: [], roles: [] });
  const go = Promise.withResolvers<void>();
  const text = (_: unknown, ctx: HandlerContext) => ({ text: ctx.method.name });
  const auth = createAuth({
    routes(router) {
      own.issuer.routes(router);
      const implementation = {
        pay: text,
        sign: text,
        async *watch() {
          yield { text: "open" };
          await go.promise;
          yield { text: "still open" };
        },
      };
      router.service(service, implementation as unknown as Partial<ServiceImpl<DescService>>);
    },
    issuers: [own.issuer.trust],
    audience: TEST_AUDIENCE,
    onWarning: () => undefined,
  });
  await auth.ready;
  const asked: StepUp[] = [];
  const options: SessionOptions = {
    baseUrl: BASE_URL,
    transport: createRouterTransport(auth.routes),
    ...(onStepUp && {
      onStepUp: (stepUp: StepUp) => {
        asked.push(stepUp);
        return onStepUp(session, stepUp);
      },
    }),
  };
  const session: Session = createSession(options);
  stack.defer(() => session.dispose());
  await session.signIn(ADA);
  own.clock.advance(120_000);
  const transport = createRouterTransport(auth.routes, {
    transport: { baseUrl: BASE_URL, interceptors: [session.interceptor] },
  });
  const client = createClient(service, transport) as unknown as EchoClient;
  const kept = stack.move();
  return { own, session, client, asked, go, auth, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

test("a user who signed in too long ago signs in again, the call is made once more, and streams go on", async () => {
  await using place = await setUp((session) => session.signIn(ADA));
  const { session, client, asked, go, own } = place;
  const { sessionId } = session.getSnapshot();
  const watch = client.watch({})[Symbol.asyncIterator]();
  expect((await watch.next()).value).toMatchObject({ text: "open" });
  const paid = await Promise.all([client.pay({}), client.pay({}), client.pay({})]);
  expect(paid.map(({ text }) => text)).toEqual(["Pay", "Pay", "Pay"]);
  expect(asked).toMatchObject([{ acrValues: [], maxAgeSeconds: 60, method: "test.v1.EchoService/Pay" }]);
  expect(session.getSnapshot().sessionId).toBe(sessionId);
  expect(own.revoked).toEqual([]);
  go.resolve();
  expect((await watch.next()).value).toMatchObject({ text: "still open" });
  await session.refresh();
  expect(await client.pay({})).toMatchObject({ text: "Pay" });
  expect(asked).toHaveLength(1);
});

test("a sign-in that is not the kind that is needed is no loop", async () => {
  await using place = await setUp((session) => session.signIn(ADA));
  const error = await place.client.sign({}).catch((cause: unknown) => cause);
  expect(reasonOf(error)).toBe("REAUTH_REQUIRED");
  expect(place.asked).toMatchObject([
    { acrValues: ["urn:acme:key", "urn:acme:mfa"], maxAgeSeconds: undefined },
  ]);
});

test("without a hook the error says what is needed", async () => {
  await using place = await setUp();
  const error = await place.client.pay({}).catch((cause: unknown) => cause);
  expect(reasonOf(error)).toBe("REAUTH_REQUIRED");
});

test("a user of another provider signs in there in the way that is asked for (claim acr)", async () => {
  const key = createSigningKey("ES256", "key-1");
  const keys = { jwks: { keys: [key.jwk] } };
  const nowSeconds = Math.floor(Date.now() / 1_000);
  let serial = 0;
  // The provider signs in however it is asked to: acr_values of the request become acr of the token.
  const signInAtProvider = async (acr: string | undefined): Promise<TokenGrant> => {
    serial += 1;
    const times = { iat: nowSeconds, exp: nowSeconds + 600, auth_time: nowSeconds };
    const claims = goodClaims({ ...times, aud: TEST_AUDIENCE, jti: `token-${serial}`, acr });
    return { accessToken: signToken(key, claims), lifetimeMs: 600_000, scopes: [] };
  };
  const auth = createAuth({
    routes: echoRoutes(service, (ctx) => ctx.method.name),
    issuers: [{ issuer: "https://issuer.example", keys }],
    audience: TEST_AUDIENCE,
  });
  const session: Session = createSession({
    baseUrl: BASE_URL,
    source: {
      repeatable: false,
      refresh: () => signInAtProvider(undefined),
      revoke: async () => undefined,
    },
    onStepUp: ({ acrValues }) => session.begin(() => signInAtProvider(acrValues[0])),
  });
  await session.begin(() => signInAtProvider("urn:acme:pwd"));
  const { sessionId } = session.getSnapshot();
  const transport = createRouterTransport(auth.routes, {
    transport: { baseUrl: BASE_URL, interceptors: [session.interceptor] },
  });
  const client = createClient(service, transport) as unknown as EchoClient;
  expect(await client.sign({})).toMatchObject({ text: "Sign" });
  expect([serial, session.getSnapshot().sessionId]).toEqual([2, sessionId]);
  session.dispose();
});
