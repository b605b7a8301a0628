import { createServer as createHttp1Server, type RequestListener } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { expressConnectMiddleware } from "@connectrpc/connect-express";
import { fastifyConnectPlugin } from "@connectrpc/connect-fastify";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { Access } from "@countersign/gen/countersign/auth/v1/options_pb.js";
import { buildRequestListener, guardNodeServer, listen, type NodeServer } from "@countersign/node";
import express from "express";
import { fastify } from "fastify";
import type { Auth } from "../../server/gate/src/connect/create-auth.ts";
import { createEchoAuth } from "../support/echo-server.ts";
import { echoService } from "../support/echo-service.ts";
import { createSelfSigned } from "../support/self-signed.ts";
import { issuers } from "./issuers.ts";
import type { AdapterName } from "./start-adapters.ts";

// Servers in a process of their own, in the ways in which users put theirs up. What throws in one of them, ends it.

/** The hosts that the cases name, without their ports. */
const HOSTS = ["a", "aa", "b.example", "a.example", "a.example.", "a_b-c.example", "xn--bcher-kva.example"];

const access = { access: Access.PUBLIC };
const service = echoService({
  Call: { policy: access, isReadOnly: true },
  Server: { policy: access, kind: "server_streaming" },
  Upload: { policy: access, kind: "client_streaming" },
  Chat: { policy: access, kind: "bidi_streaming" },
});
const certificate = createSelfSigned();

type Options = Omit<Auth, "contextValues">;

const adapters: Readonly<
  Record<Exclude<AdapterName, "listen">, (options: Options) => NodeServer | Promise<NodeServer>>
> = {
  "node:http": (options) => createHttp1Server(connectNodeAdapter({ ...options })),
  "node:https": (options) => createHttpsServer(certificate, connectNodeAdapter({ ...options })),
  "node:http2": (options) => createHttp2Server(connectNodeAdapter({ ...options })),
  "node:http2 with TLS": (options) =>
    createSecureServer({ ...certificate, allowHTTP1: true }, connectNodeAdapter({ ...options })),
  Express: (options) => {
    const app = express().use(expressConnectMiddleware({ ...options }));
    return createHttp1Server(app as RequestListener);
  },
  "Fastify, HTTP/1.1": async (options) => {
    const app = fastify();
    await app.register(fastifyConnectPlugin, { ...options }).ready();
    return app.server;
  },
  "Fastify, HTTP/2": async (options) => {
    const app = fastify({ http2: true });
    await app.register(fastifyConnectPlugin, { ...options }).ready();
    return app.server;
  },
};

const [, , way] = process.argv;
const { auth } = createEchoAuth(service, { issuers });
const { contextValues: _, ...bare } = auth;
const ports: Partial<Record<string, number>> = {
  listen: (await listen(buildRequestListener(auth), { allowedHosts: HOSTS })).address.port,
};
for (const [name, create] of Object.entries(adapters)) {
  const server = way === "guarded" ? guardNodeServer(await create(bare)) : await create(auth);
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  ports[name] = (server.address() as AddressInfo).port; // it listens on TCP
}
process.stdout.write(`ports ${JSON.stringify(ports)}\n`);
