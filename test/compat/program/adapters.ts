import { createServer as createHttp1Server, type RequestListener } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import {
  createClient,
  createConnectRouter,
  createRouterTransport,
  type HandlerContext,
} from "@connectrpc/connect";
import { createFetchHandler as toFetchHandler } from "@connectrpc/connect/protocol";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { buildRequestListener, listen } from "@countersign/node";
import { type Auth, createFetchHandler } from "@countersign/server";
import type { Mounted } from "./combinations.ts";
import { serveFetch } from "./serve-fetch.ts";
import { service } from "./service.ts";

/** Serves on a port of its own. Answers where. */
export type Serve = (mounted: Mounted, auth: Auth) => Promise<string>;

/** Not every set has every adapter, and connect-next is not among the packages of the repository. */
const load = async (name: string): Promise<Record<string, unknown>> => await import(name);

async function open(server: Server): Promise<string> {
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

async function serveFastify(mounted: Mounted, options: object): Promise<string> {
  const { fastifyConnectPlugin } = await load("@connectrpc/connect-fastify");
  const { fastify } = await import("fastify");
  const app = fastify(options);
  await app.register(fastifyConnectPlugin as never, { ...mounted } as never);
  return app.listen({ host: "127.0.0.1", port: 0 });
}

async function serveExpress(mounted: Mounted): Promise<string> {
  const { expressConnectMiddleware } = await load("@connectrpc/connect-express");
  const { default: express } = await import("express");
  const middleware = expressConnectMiddleware as (options: Mounted) => RequestListener;
  return open(createHttp1Server(express().use(middleware({ ...mounted })) as RequestListener));
}

/** Next's pages router calls such a handler with the request of Node, and leaves its body alone. */
async function serveNext(mounted: Mounted): Promise<string> {
  const { nextJsApiRouter } = await load("@connectrpc/connect-next");
  const createApi = nextJsApiRouter as (options: object) => { readonly handler: RequestListener };
  return open(createHttp1Server(createApi({ ...mounted, prefix: "" }).handler));
}

/** Our own listener asks for a gate and interceptors: these are the least that compiles. */
async function serveListener(mounted: Mounted): Promise<string> {
  const handler = buildRequestListener({ requestGate: () => {}, interceptors: [], ...mounted });
  return (await listen(handler)).origin;
}

/** A server in the same process: calls of a plain server are passed on to it, with their header. */
function serveRouterTransport({ routes, ...router }: Mounted): Promise<string> {
  type AnyClient = Record<string, (request: unknown, options: object) => unknown>;
  const { contextValues: _ofRequests, ...options } = router;
  // The service is made at run time and has no types of its own.
  const client = createClient(service, createRouterTransport(routes, { router: options })) as AnyClient;
  const passOn = service.methods.map(({ localName }) => [
    localName,
    (request: unknown, ctx: HandlerContext) => {
      const authorization = ctx.requestHeader.get("authorization");
      const onHeader = (header: Headers): void => {
        for (const [name, value] of header) {
          if (name.startsWith("x-")) {
            ctx.responseHeader.set(name, value);
          }
        }
      };
      const headers = authorization === null ? {} : { authorization };
      return client[localName]?.(request, { headers, onHeader, signal: ctx.signal });
    },
  ]);
  return open(
    createHttp1Server(
      connectNodeAdapter({ routes: (plain) => void plain.service(service, Object.fromEntries(passOn)) }),
    ),
  );
}

function serveFetchHandler({ interceptors = [], ...mounted }: Mounted, auth: Auth): Promise<string> {
  return open(createHttp1Server(serveFetch(createFetchHandler({ ...auth, ...mounted }, { interceptors }))));
}

/** What an application writes that has only Connect's own parts for hosts of the fetch API. */
function serveRouterOverFetch({ routes, contextValues: _ofNode, ...options }: Mounted): Promise<string> {
  const router = createConnectRouter(options);
  routes(router);
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, toFetchHandler(handler)]));
  const answer = async (request: Request): Promise<Response> => {
    const handler = handlers.get(new URL(request.url).pathname);
    return handler === undefined ? new Response(null, { status: 404 }) : handler(request);
  };
  return open(createHttp1Server(serveFetch(answer)));
}

/** Everything that an auth can be put into, by the part of a set that it needs. */
export const ADAPTERS = {
  node: (mounted) => open(createHttp1Server(connectNodeAdapter({ ...mounted }))),
  "node over HTTP/2": (mounted) => open(createHttp2Server(connectNodeAdapter({ ...mounted }))),
  express: serveExpress,
  fastify: (mounted) => serveFastify(mounted, {}),
  "fastify over HTTP/2": (mounted) => serveFastify(mounted, { http2: true }),
  next: serveNext,
  listen: serveListener,
  "listen over HTTP/2": serveListener,
  "router transport": serveRouterTransport,
  createFetchHandler: serveFetchHandler,
  "handlers of the fetch API": serveRouterOverFetch,
} satisfies Record<string, Serve>;

/** The name of one of them. */
export type AdapterName = keyof typeof ADAPTERS;
