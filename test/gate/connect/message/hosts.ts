import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { DescService, Message } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import express from "express";
import { fastify } from "fastify";
import type { AuthOptions } from "../../../../server/gate/src/connect/auth-options.ts";
import { type Auth, createAuth } from "../../../../server/gate/src/connect/create-auth.ts";
import { createFetchHandler } from "../../../../server/gate/src/connect/create-fetch-handler.ts";
import { buildRequestListener } from "../../../../server/node/src/build-server.ts";
import { listen } from "../../../../server/node/src/listener.ts";
import { echoService } from "../../../support/echo-service.ts";
import { delimited, honestJson, nested, repeated } from "../../../support/message-bodies.ts";
import { issuer } from "../fixtures.ts";

export const KIB = 1024;
const policy = { access: Access.PUBLIC };
/** A method of each kind that a client of HTTP/1.1 can call. */
export const service = echoService({
  Unary: { policy, isReadOnly: true },
  Server: { policy, kind: "server_streaming" },
  Upload: { policy, kind: "client_streaming" },
  Chat: { policy, kind: "bidi_streaming" },
});
/** A message that is one text. */
export const textOf = (bytes: number) => delimited(1, new Uint8Array(bytes - 5).fill(0x61));
/** Where each server has noted what reached its handlers. */
export type Seen = Message[];

/** Put a gate before the service. @param seen gets what reaches its handlers */
export function authOf(seen: Seen, options: Partial<AuthOptions> = {}): Auth {
  const take = async (messages: AsyncIterable<Message>) => {
    for await (const message of messages) {
      seen.push(message);
    }
  };
  const handlers = {
    unary: (message: Message) => {
      seen.push(message);
      return {};
    },
    async *server(message: Message) {
      seen.push(message);
      yield {};
    },
    async upload(messages: AsyncIterable<Message>) {
      await take(messages);
      return {};
    },
    async *chat(messages: AsyncIterable<Message>) {
      await take(messages);
      yield {};
    },
  } as unknown as Partial<ServiceImpl<DescService>>; // it has these methods
  return createAuth({
    routes: (router) => void router.service(service, handlers),
    issuers: [issuer],
    audience: "ledger",
    onWarning: () => {},
    ...options,
  });
}

/** A message, and how it is sent. */
export interface Sent {
  readonly path: string;
  readonly contentType: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** A server, and how it is asked. */
export interface Host extends AsyncDisposable {
  ask(path: string, init: RequestInit): Promise<Response>;
}

function hostAt(port: number, close: () => Promise<unknown>): Host {
  return {
    ask: (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    [Symbol.asyncDispose]: async () => void (await close()),
  };
}

async function hostOf(listener: Parameters<typeof createServer>[1]): Promise<Host> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return hostAt((server.address() as AddressInfo).port, () => {
    server.closeAllConnections();
    return new Promise((done) => server.close(done));
  });
}

/** Serve with our own listener. */
export async function listenWith(auth: Auth, unaryFastPath: boolean): Promise<Host> {
  const listener = await listen(buildRequestListener({ ...auth, unaryFastPath }), { port: 0 });
  return hostAt(listener.address.port, () => listener.close(0));
}

/** Everything that the routes can be mounted in, given what is spread into it, or nothing but the routes. */
export const HOSTS: Readonly<Record<string, (auth: Auth) => Promise<Host>>> = {
  "listen, fast path": (auth) => listenWith(auth, true),
  "listen, Connect's handler": (auth) => listenWith(auth, false),
  "Node's adapter": (auth) => hostOf(connectNodeAdapter({ ...auth })),
  "Node's adapter, with the routes only": ({ routes }) => hostOf(connectNodeAdapter({ routes })),
  Fastify: async (auth) => {
    const server = fastify();
    await server.register(fastifyConnectPlugin, { ...auth });
    await server.listen({ port: 0, host: "127.0.0.1" });
    return hostAt((server.server.address() as AddressInfo).port, () => server.close());
  },
  Express: (auth) => hostOf(express().use(expressConnectMiddleware({ ...auth }))),
  "Express, with JSON read before": (auth) =>
    hostOf(
      express()
        .use(express.json({ limit: "4mb" }))
        .use(expressConnectMiddleware({ ...auth })),
    ),
  "the Fetch API": async (auth) => {
    const handler = createFetchHandler(auth);
    return {
      ask: (path, init) => handler(new Request(`http://127.0.0.1${path}`, init)),
      [Symbol.asyncDispose]: async () => {},
    };
  },
};

/** Put a flag and its length before a message. */
export const enveloped = (message: Uint8Array, flags = 0): Uint8Array<ArrayBuffer> => {
  const head = Buffer.from([flags, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Uint8Array.from(Buffer.concat([head, message]));
};

/** How a message is sent, by protocol and kind. */
export const WAYS: Readonly<Record<string, (message: Uint8Array<ArrayBuffer>, isBinary: boolean) => Sent>> = {
  "Connect, unary": (body, isBinary) => ({
    path: "Unary",
    contentType: isBinary ? "application/proto" : "application/json",
    body,
  }),
  "gRPC-Web, unary": (body, isBinary) => ({
    path: "Unary",
    contentType: isBinary ? "application/grpc-web+proto" : "application/grpc-web+json",
    body: enveloped(body),
  }),
  ...Object.fromEntries(
    ["Server", "Upload"].map((path) => [
      `Connect, ${path}`,
      (body: Uint8Array<ArrayBuffer>, isBinary: boolean) => ({
        path,
        contentType: isBinary ? "application/connect+proto" : "application/connect+json",
        body: enveloped(body),
      }),
    ]),
  ),
};

/** How messages are compressed. */
export const COMPRESSIONS: Readonly<Record<string, (body: Uint8Array) => Buffer>> = {
  gzip: gzipSync,
  br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
};

/** Send a message. @returns what came back */
export async function send(host: Host, { path, contentType, body, headers = {} }: Sent): Promise<Answer> {
  const response = await host.ask(`/${service.typeName}/${path}`, {
    method: "POST",
    headers: { "content-type": contentType, "connect-protocol-version": "1", ...headers },
    body,
  });
  const text = `${await response.text()} ${response.headers.get("grpc-status") ?? ""}`;
  return { status: response.status, text };
}

/** gRPC-Web says it by number. */
export const RESOURCE_EXHAUSTED = /resource_exhausted|grpc-status: 8/;

/** Messages that take too much to read. */
export const binary: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "many fields": repeated([0x10, 1], 64 * KIB),
  "many unknown fields": repeated([0xa0, 6, 1], 128 * KIB),
  "many fields in a message in it": delimited(3, repeated([0x10, 1], 64 * KIB)),
  "deep ones": nested([3], 300),
  "a large one": textOf(5 * KIB * KIB),
};
/** The same in JSON. */
export const json: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {
  "many members": Uint8Array.from(
    Buffer.from(`{${Array.from({ length: 13_000 }, (_, at) => `"${at}":0`).join()}}`),
  ),
  "deep ones": Uint8Array.from(Buffer.from(`${'{"inner":'.repeat(70)}{}${"}".repeat(70)}`)),
  "a long number": Uint8Array.from(Buffer.from(`{"count":"${"9".repeat(100 * KIB)}"}`)),
  "a large one": honestJson(2 * KIB * KIB),
};
