import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { ConnectError } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { createSession, fromFunction, isSessionError, type SessionOptions } from "@countersign/sdk";
import { createSession as createBrowserSession } from "@countersign/sdk/browser";
import * as node from "@countersign/sdk/node";
import { clientCredentials, oidc } from "@countersign/sdk/oidc";
import { expect, test } from "vitest";
import { notEmpty } from "../support/not-empty.ts";
import { createKit, DEMO } from "./kit.ts";

const baseUrl = "https://api.example";
const source = fromFunction(async () => "token");
const ISSUER = { issuer: "https://login.example", clientId: "app" };

/** Call with what a program without types may hand over. */
function call(make: (options: never) => unknown, options: unknown): () => unknown {
  return () => make(options as never);
}

const NAMES =
  "baseUrl, allowedOrigins, allowInsecure, transport, source, store, maxTokenLifeMs, assertion, transportFor, clock, peers, onStepUp";

const MISTAKES = notEmpty([
  [createSession, undefined, `createSession needs its options: ${NAMES}`],
  [
    createSession,
    { baseUrl, source, baseURL: "x" },
    "createSession has no option baseURL: did you mean baseUrl?",
  ],
  [
    createSession,
    { baseUrl, source, allowedOrigin: [] },
    "createSession has no option allowedOrigin: did you mean allowedOrigins?",
  ],
  [createSession, { baseUrl, source, retries: 3 }, `createSession has no option retries; it has ${NAMES}`],
  [createSession, JSON.parse('{"__proto__": 1}'), `createSession has no option __proto__; it has ${NAMES}`],
  [
    createSession,
    { baseUrl, source, constructor: 1 },
    `createSession has no option constructor; it has ${NAMES}`,
  ],
  [createSession, { baseUrl }, "createSession needs the option transport or the option source"],
  [
    createSession,
    { baseUrl, source: {} },
    "the option source must be a token source, such as fromFunction(async () => token)",
  ],
  [
    createSession,
    { baseUrl, source: async () => "" },
    "the option source must be a token source, such as fromFunction(async () => token)",
  ],
  [createSession, { baseUrl, source: "token" }, "the option source of createSession must be an object"],
  [createSession, { baseUrl, source, store: null }, "the option store of createSession must be an object"],
  [
    createSession,
    { baseUrl, source, allowedOrigins: "https://a.example" },
    "the option allowedOrigins of createSession must be a list",
  ],
  [
    createSession,
    { baseUrl, source, maxTokenLifeMs: 30_000 },
    "the option maxTokenLifeMs of createSession must be a function",
  ],
  [
    createSession,
    { baseUrl, source, assertion: async () => "" },
    "the option assertion is for the SessionService: it goes with no other source",
  ],
  [createSession, { baseUrl: "/api", source }, 'baseUrl: "/api" is no http or https URL'],
  [
    node.createSession,
    { baseUrl, transports: {} },
    "createSession has no option transports: did you mean transport?",
  ],
  [
    node.createNodeTransport,
    { baseUrl },
    "createNodeTransport needs the option session, which createSession makes",
  ],
  [
    node.createNodeTransport,
    { baseUrl: "api", session: createSession({ baseUrl, source }) },
    'baseUrl: "api" is no http or https URL',
  ],
  [
    node.createNodeTransport,
    { baseUrl, session: createSession({ baseUrl, source }), protocol: "grpcweb" },
    'protocol: "grpcweb" is none of grpc, grpc-web, connect',
  ],
  [
    node.createNodeTransport,
    { baseUrl, session: createSession({ baseUrl, source }), httpVersion: "1.1" },
    'gRPC needs HTTP/2: with httpVersion "1.1", protocol must be "grpc-web" or "connect"',
  ],
  [
    node.createSession,
    { baseUrl, tls: { certificate: "" } },
    "the option tls of createSession has no option certificate; it has ca, cert, key, pfx, passphrase",
  ],
  [
    node.createNodeTransport,
    { baseUrl, session: createSession({ baseUrl, source }), tls: { CAs: [] } },
    "the option tls of createNodeTransport has no option CAs",
  ],
  [
    node.createNodeTransport,
    { baseUrl, session: createSession({ baseUrl, source }), acceptCompression: ["gzip"] },
    "sendCompression and acceptCompression take compressions such as compressionGzip",
  ],
  [
    node.createNodeTransport,
    { baseUrl, session: createSession({ baseUrl, source }), readMaxBytes: 0 },
    "readMaxBytes: 0 is no whole number from 1 to 4294967295",
  ],
  [node.createFileStore, {}, "createFileStore needs the option directory"],
  [node.createFileStore, "session", "createFileStore needs its options: directory"],
  [node.createFileStore, { dir: "session" }, "createFileStore has no option dir; it has directory"],
  [node.createCookieStore, { cookie: null }, "secret needs at least 32 characters"],
  [fromFunction, "token", "fromFunction needs a function that answers with an access token"],
  [oidc, { ...ISSUER, client_id: "x" }, "oidc has no option client_id: did you mean clientId?"],
  [oidc, { ...ISSUER, scope: ["a"] }, "oidc has no option scope: did you mean scopes?"],
  [oidc, { ...ISSUER, scopes: "openid" }, "the option scopes of oidc must be a list"],
  [oidc, { ...ISSUER, bearerToken: "jwt" }, 'bearerToken must be "access_token" or "id_token"'],
  [
    clientCredentials,
    ISSUER,
    "clientCredentials needs the option proof: a secret, a private key or an assertion",
  ],
] as const);

test.each(MISTAKES)("%o with %j is refused: %s", (make, options, message) => {
  const made = call(make as (options: never) => unknown, options);
  expect(made).toThrow(TypeError);
  expect(made).toThrow(message);
});

test("an option of undefined is as one that is left out", () => {
  const options: SessionOptions = { baseUrl, source, store: undefined, allowedOrigins: undefined };
  expect(createSession(options).getSnapshot().status).toBe("loading");
});

const html =
  (status: number): RequestListener =>
  (_req, res) =>
    res.writeHead(status, { "content-type": "text/html" }).end("<html>");
const WRONG_SERVERS = notEmpty([
  { name: "serves other services", listener: connectNodeAdapter({ routes: () => undefined }) },
  { name: "knows no such page", listener: html(404) },
  { name: "answers every address with its page", listener: html(200) },
  {
    name: "answers with errors of its own",
    listener: ((_req, res) =>
      res.writeHead(404, { "content-type": "application/json" }).end('{"error":"nope"}')) as RequestListener,
  },
]);

test.each(WRONG_SERVERS)("a server that $name is named when a sign-in fails", async ({ listener }) => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const wrong = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (const create of [node.createSession, createBrowserSession]) {
    const session = create({ baseUrl: wrong });
    const error: unknown = await session.signIn(DEMO).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ConnectError);
    expect(ConnectError.from(error).rawMessage).toMatch(new RegExp(`^SessionService at ${wrong}: .{4}`));
    session.dispose();
  }
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

test("a refusal of the SessionService itself stays as it is", async () => {
  await using kit = await createKit();
  const error = await kit
    .tab()
    .session.signIn({ ...DEMO, password: "wrong" })
    .catch((cause: unknown) => cause);
  expect(ConnectError.from(error).rawMessage).not.toContain("SessionService at");
});

test("a second refresh says that the first one is too fresh, and when to come again", async () => {
  await using kit = await createKit();
  const { session, events } = kit.tab();
  await session.signIn(DEMO);
  await session.refresh();
  kit.clock.advance(4_000);
  const error: unknown = await session.refresh().catch((cause: unknown) => cause);
  expect(error).toMatchObject({
    reason: "REFRESH_UNAVAILABLE",
    rawMessage: "refresh unavailable: a token is replaced once in 10 s",
    retryAfterMs: 6_000,
  });
  expect(session.getSnapshot()).toMatchObject({ status: "signed_in", degraded: false });
  expect(events.map(({ type }) => type)).not.toContain("degraded");
});

test("a refresh that fails says why", async () => {
  await using kit = await createKit();
  const { session } = kit.tab();
  await session.signIn(DEMO);
  kit.server.onRefresh(() => {
    throw new ConnectError("no such method", 12);
  });
  const error: unknown = await session.refresh().catch((cause: unknown) => cause);
  expect(isSessionError(error, "REFRESH_UNAVAILABLE")).toBe(true);
  expect(error).toMatchObject({ cause: { rawMessage: "no such method" } });
});
