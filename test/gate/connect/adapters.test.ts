import { createServer as createHttp1Server, type RequestListener, type Server } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { create, type MessageShape } from "@bufbuild/protobuf";
import { type Client, createClient, type Interceptor, type Transport } from "@connectrpc/connect";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import {
  connectNodeAdapter,
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import express from "express";
import { fastify } from "fastify";
import { describe, expect, test } from "vitest";
import type { Auth } from "../../../server/gate/src/connect/create-auth.ts";
import { sendHttp1 } from "../../hostile/send.ts";
import { createEchoAuth } from "../../support/echo-server.ts";
import { echoService, methodOf } from "../../support/echo-service.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { signToken } from "../../support/tokens.ts";
import { issuer, issuerKey, seenIn } from "./fixtures.ts";

const policy = { access: Access.AUTHENTICATED };
const service = echoService({
  Call: { policy, isReadOnly: true },
  Server: { policy, kind: "server_streaming" },
  Upload: { policy, kind: "client_streaming" },
  Chat: { policy, kind: "bidi_streaming" },
});
const Echo = methodOf(service, "Call").input;
type Echo = MessageShape<typeof Echo> & { text?: string };

/** The client of a service that is made at run time has no types of its own. */
interface EchoClient {
  call(request: Echo): Promise<Echo>;
  server(request: Echo): AsyncIterable<Echo>;
  upload(requests: AsyncIterable<Echo>): Promise<Echo>;
  chat(requests: AsyncIterable<Echo>): AsyncIterable<Echo>;
}

async function* twice() {
  yield create(Echo);
  yield create(Echo);
}

async function textsOf(messages: AsyncIterable<Echo>): Promise<string> {
  const texts: string[] = [];
  for await (const { text } of messages) {
    texts.push(text ?? "");
  }
  return texts.join();
}

const kinds = {
  unary: { run: async (client: EchoClient) => (await client.call(create(Echo))).text, answer: "usr_ada" },
  "server stream": { run: (client: EchoClient) => textsOf(client.server(create(Echo))), answer: "usr_ada" },
  "client stream": {
    run: async (client: EchoClient) => (await client.upload(twice())).text,
    answer: "usr_ada",
  },
  "bidi stream": { run: (client: EchoClient) => textsOf(client.chat(twice())), answer: "usr_ada,usr_ada" },
};

interface Serving extends AsyncDisposable {
  readonly port: number;
}

/** How the server is put up, and over which HTTP. */
const adapters: Readonly<
  Record<string, { httpVersion: "1.1" | "2"; serve: (auth: Auth) => Promise<Serving> }>
> = {
  "Node, HTTP/1.1": {
    httpVersion: "1.1",
    serve: (auth) => serving(createHttp1Server(connectNodeAdapter({ ...auth }))),
  },
  "Node, HTTP/2": {
    httpVersion: "2",
    serve: (auth) => serving(createHttp2Server(connectNodeAdapter({ ...auth }))),
  },
  "Fastify, HTTP/2": {
    httpVersion: "2",
    async serve(auth) {
      const app = fastify({ http2: true });
      await app.register(fastifyConnectPlugin, { ...auth });
      await app.listen({ host: "127.0.0.1", port: 0 });
      return { port: (app.server.address() as AddressInfo).port, [Symbol.asyncDispose]: () => app.close() };
    },
  },
  "Fastify, HTTP/1.1": {
    httpVersion: "1.1",
    async serve(auth) {
      const app = fastify();
      await app.register(fastifyConnectPlugin, { ...auth });
      await app.listen({ host: "127.0.0.1", port: 0 });
      return { port: (app.server.address() as AddressInfo).port, [Symbol.asyncDispose]: () => app.close() };
    },
  },
  "Express, HTTP/1.1": {
    httpVersion: "1.1",
    serve: (auth) =>
      serving(createHttp1Server(express().use(expressConnectMiddleware({ ...auth })) as RequestListener)),
  },
};

const protocols = {
  "1.1": {
    connect: (baseUrl: string, interceptors: Interceptor[]) =>
      createConnectTransport({ baseUrl, interceptors, httpVersion: "1.1" }),
    "connect with GET": (baseUrl: string, interceptors: Interceptor[]) =>
      createConnectTransport({
        baseUrl,
        interceptors,
        httpVersion: "1.1",
        useHttpGet: true,
        useBinaryFormat: false,
      }),
    "grpc-web": (baseUrl: string, interceptors: Interceptor[]) =>
      createGrpcWebTransport({ baseUrl, interceptors, httpVersion: "1.1" }),
  },
  "2": {
    connect: (baseUrl: string, interceptors: Interceptor[]) =>
      createConnectTransport({ baseUrl, interceptors, httpVersion: "2" }),
    "grpc-web": (baseUrl: string, interceptors: Interceptor[]) =>
      createGrpcWebTransport({ baseUrl, interceptors, httpVersion: "2" }),
    grpc: (baseUrl: string, interceptors: Interceptor[]) => createGrpcTransport({ baseUrl, interceptors }),
  },
} satisfies Record<string, Record<string, (baseUrl: string, interceptors: Interceptor[]) => Transport>>;

async function serving(server: Server | ReturnType<typeof createHttp2Server>): Promise<Serving> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port, // it listens on TCP
    async [Symbol.asyncDispose]() {
      if ("closeAllConnections" in server) {
        server.closeAllConnections();
      }
      server.close();
    },
  };
}

const withToken =
  (token: string | undefined): Interceptor =>
  (next) =>
  (req) => {
    if (token !== undefined) {
      req.header.set("authorization", `Bearer ${token}`);
    }
    return next(req);
  };

for (const [adapter, { httpVersion, serve }] of Object.entries(adapters)) {
  describe(`identity behind ${adapter} (S1, S7, R90)`, async () => {
    for (const [protocol, createTransport] of notEmpty(Object.entries(protocols[httpVersion]))) {
      for (const [kind, { run, answer }] of Object.entries(kinds)) {
        if (httpVersion === "1.1" && kind === "bidi stream") {
          continue; // HTTP/1.1 has no full duplex
        }
        if (protocol === "connect with GET" && kind !== "unary") {
          continue; // streams are always sent with POST
        }
        test(`${protocol}, ${kind}: known with a token, refused without`, async () => {
          const { auth } = createEchoAuth(service, { issuers: [issuer] });
          await using server = await serve(auth);
          const call = (token: string | undefined) => {
            const transport = createTransport(`http://127.0.0.1:${server.port}`, [withToken(token)]);
            return run(createClient(service, transport) as unknown as Client<typeof service> & EchoClient);
          };
          expect(await call(signToken(issuerKey))).toBe(answer);
          const refusal = await call(undefined).then(() => undefined, seenIn);
          expect(refusal).toMatchObject({
            reason: "TOKEN_MISSING",
            domain: "countersign",
            challenge: 'Bearer realm="countersign"',
          });
        });
      }
    }

    if (httpVersion === "1.1") {
      test("sees a header that stands twice", async () => {
        const { auth } = createEchoAuth(service, { issuers: [issuer] });
        await using server = await serve(auth);
        const field = ["authorization", `Bearer ${signToken(issuerKey)}`] as const;
        const send = (fields: readonly (readonly [string, string])[]) =>
          sendHttp1(server.port, { name: "twice", fields, outcome: "passed" });
        expect((await send([field])).status).toBe(200);
        expect((await send([field, field])).status).toBe(401);
      });
    }
  });
}
