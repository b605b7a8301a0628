import { request as httpRequest, type IncomingHttpHeaders, type RequestOptions } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { buildRequestListener } from "../../server/node/src/build-server.ts";
import type { HttpHandler, RequestHandler } from "../../server/node/src/handler.ts";
import { type Listener, type ListenOptions, listen } from "../../server/node/src/listener.ts";
import type { RequestListenerOptions } from "../../server/node/src/listener-options.ts";

/** A server of one test. */
export interface Serving extends AsyncDisposable {
  readonly listener: Listener;
  readonly origin: string;
  readonly port: number;
}

/** Serve with no RPC and an open gate, unless the test says otherwise. */
export function serve(
  options: Partial<RequestListenerOptions> = {},
  listenOptions: ListenOptions = {},
): Promise<Serving> {
  const handler = buildRequestListener({
    routes: () => undefined,
    requestGate: () => undefined,
    interceptors: [],
    ...options,
  });
  return serveHandler(handler, listenOptions);
}

/** The hosts that tests name. Requests for others are answered with 421. */
const HOSTS = ["a", "a.example", "b.example", "issuer.example"];

/** Listen with a handler of the test. */
export async function serveHandler(
  handler: HttpHandler | RequestHandler,
  options: ListenOptions = {},
): Promise<Serving> {
  const listener = await listen(typeof handler === "function" ? { handle: handler } : handler, {
    allowedHosts: HOSTS,
    ...options,
  });
  return {
    listener,
    origin: listener.origin,
    port: listener.address.port,
    [Symbol.asyncDispose]: () => listener.close(0),
  };
}

/** An answer over HTTP/1.1. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Ask over HTTP/1.1, with any header and any target, on a connection of its own. */
export function ask(
  origin: string,
  { body, ...options }: RequestOptions & { readonly body?: string } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const req = httpRequest({ hostname, port, agent: false, ...options }, (res) => {
      text(res).then(
        (received) => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: received }),
        reject,
      );
    });
    req.on("error", reject);
    req.end(body);
  });
}

/** Connect without speaking any protocol. */
export async function connectRaw(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  return socket;
}

/** Read until the other side closes, whether it is nice about it or not. */
export function readAll(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      received += chunk.toString("latin1");
    });
    socket.on("error", () => undefined);
    socket.once("close", () => resolve(received));
  });
}
