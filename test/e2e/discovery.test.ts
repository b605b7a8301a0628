import { type CallOptions, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { expect, test } from "vitest";
import { createAuth } from "../../server/gate/src/connect/create-auth.ts";
import { createIssuer } from "../../server/issuer/src/create-issuer.ts";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import { listen } from "../../server/node/src/listener.ts";
import { echoRoutes } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { findFreePort } from "../support/free-port.ts";
import { databaseIn } from "../support/stores.ts";
import { createTemporaryFolder, databaseParent } from "../support/temporary-folder.ts";

const service = echoService({
  Unary: { policy: { access: Access.AUTHENTICATED, scopes: ["ledger:read"] } },
  Stream: { policy: { access: Access.AUTHENTICATED }, kind: "server_streaming" },
});

/** The client of a service that is made at run time has no types of its own. */
interface EchoClient {
  unary(request: object, options?: CallOptions): Promise<object>;
}

/** An issuer, and an API at another origin, which is all that a client knows of. */
async function setUp() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await createTemporaryFolder(databaseParent()));
  const issuerPort = await findFreePort();
  const resource = `http://127.0.0.1:${await findFreePort()}/ledger`;
  const issuer = stack.use(
    await createIssuer({
      store: { sqlite: databaseIn(folder.path) },
      secret: new Uint8Array(32).fill(7),
      url: `http://127.0.0.1:${issuerPort}`,
      audience: resource,
      onWarning: () => undefined,
    }),
  );
  const { client, secret } = await issuer.clients.create({
    clientId: "robot",
    scopes: ["ledger:read"],
    roles: [],
    grants: ["client_credentials"],
    mayIntrospect: false,
  });
  const auth = createAuth({
    routes: echoRoutes(service),
    issuers: [issuer.trust],
    audience: resource,
    resource,
    onWarning: () => undefined,
  });
  const none = { routes: () => undefined, requestGate: () => undefined, interceptors: [] };
  const endpoints = { ...issuer.documents, ...issuer.endpoints };
  for (const [handler, port] of [
    [buildRequestListener({ ...none, endpoints }), issuerPort],
    [buildRequestListener({ ...auth }), Number(new URL(resource).port)],
  ] as const) {
    const listener = await listen(handler, { port });
    stack.defer(() => listener.close(0));
  }
  const kept = stack.move();
  return {
    resource,
    baseUrl: new URL(resource).origin,
    credential: Buffer.from(`${client.clientId}:${secret}`).toString("base64"),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

/** Read a parameter of a challenge, as a client would. */
function readParameter(challenge: string | null, name: string): string {
  return new RegExp(`[ ,]${name}="([^"]*)"`).exec(challenge ?? "")?.[1] ?? expect.fail(`no ${name}`);
}

/** Get a token, knowing nothing but a challenge. */
async function tokenFor(challenge: string | null, credential: string): Promise<string> {
  const metadataUrl = readParameter(challenge, "resource_metadata");
  const metadata = await (await fetch(metadataUrl)).json();
  // RFC 9728 §3.3: the metadata must be of the resource that it was looked up for.
  expect(metadataUrl).toBe(
    metadata.resource.replace(/^(https?:\/\/[^/]+)(.*)$/, "$1/.well-known/oauth-protected-resource$2"),
  );
  const [issuer] = metadata.authorization_servers;
  const server = await (await fetch(`${issuer}/.well-known/oauth-authorization-server`)).json();
  const response = await fetch(server.token_endpoint, {
    method: "POST",
    headers: { authorization: `Basic ${credential}` },
    body: new URLSearchParams({
      grant_type: "client_credentials",
      scope: readParameter(challenge, "scope"),
      resource: metadata.resource,
    }),
  });
  return (await response.json()).access_token;
}

test("a client that knows the address of an API and nothing else finds its way to a token (RFC 9728 §5)", async () => {
  await using place = await setUp();
  const url = `${place.baseUrl}/${service.typeName}/Unary`;
  const call = (headers: Readonly<Record<string, string>>) =>
    fetch(url, { method: "POST", body: "{}", headers: { "content-type": "application/json", ...headers } });
  const refused = await call({});
  expect(refused.status).toBe(401);
  const token = await tokenFor(refused.headers.get("www-authenticate"), place.credential);
  const answered = await call({ authorization: `Bearer ${token}` });
  expect(answered.status).toBe(200);
  expect(await answered.json()).toEqual({ text: "client_robot" });
});

test("so does a client of gRPC, for which the challenge stands in the trailer", async () => {
  await using place = await setUp();
  const transport = createGrpcTransport({ baseUrl: place.baseUrl });
  const client = createClient(service, transport) as unknown as EchoClient;
  const refused = await client.unary({ text: "" }).catch((error: unknown) => error);
  const { metadata } = refused as { readonly metadata: Headers };
  const token = await tokenFor(metadata.get("www-authenticate"), place.credential);
  const headers = { authorization: `Bearer ${token}` };
  expect(await client.unary({ text: "" }, { headers })).toMatchObject({ text: "client_robot" });
});
