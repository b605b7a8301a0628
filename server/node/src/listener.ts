import type { EventEmitter } from "node:events";
import { createServer as createHttp1Server, type Server as Http1Server } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type Http2SecureServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
} from "node:http2";
import type { Socket } from "node:net";
import { assertOptionNames, isLoopback } from "@countersign/server/internal";
import { type Admission, createAdmission } from "./admit.ts";
import { createHostCheck } from "./allowed-hosts.ts";
import { type Connections, createConnections } from "./connections.ts";
import { NO_TUNNEL, respondFault } from "./exchange/request-fault.ts";
import { refuseConnect } from "./exchange/tunnel.ts";
import type { HttpHandler, StreamHandler } from "./handler.ts";
import { type HttpLimits, resolveHttpLimits } from "./limits.ts";
import { sniffProtocol } from "./protocol-sniffer.ts";
import { resolveTlsOptions, type TlsOptions } from "./tls-options.ts";

/** Where to listen, and how. */
export interface ListenOptions {
  /** The address to bind. Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** The port to bind; 0 for any free one. Default 0. */
  readonly port?: number | undefined;
  /** The server's certificate, and whose clients it takes. Absent: without TLS, where HTTP/2 needs prior knowledge. */
  readonly tls?: TlsOptions | undefined;
  /**
   * The hosts that requests may be for, beside those of loopback: names or addresses without a port, such as
   * `auth.example.com`. Requests for others are answered with 421. Default: none on an address of loopback, which a
   * page of anyone's can reach by a name of its own; any on other addresses.
   */
  readonly allowedHosts?: readonly string[];
  /** What one caller may take. */
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A server that listens. */
export interface Listener {
  /** Where it listens. */
  readonly address: { readonly host: string; readonly port: number };
  /** Its address as the origin of URLs, such as `http://127.0.0.1:8080`. */
  readonly origin: string;
  /**
   * Close gracefully: accept no more connections, send GOAWAY over HTTP/2 and `Connection: close` over HTTP/1.1,
   * wait for the calls in flight, and destroy what is left after `graceMs` milliseconds. Streams without an end
   * are in flight too: end them first. Resolves when every connection is closed.
   */
  close(graceMs: number): Promise<void>;
}

const OPTION_NAMES = {
  host: true,
  port: true,
  tls: true,
  allowedHosts: true,
  limits: true,
} satisfies Record<keyof ListenOptions, true>;

/** What both kinds of servers are made of. */
interface Serving extends Admission {
  readonly connections: Connections;
  readonly limits: HttpLimits;
}

type AnyServer = Http1Server | Http2SecureServer;

/**
 * Listen for HTTP/1.1 and HTTP/2 on one port: by ALPN under TLS, otherwise by the first bytes of the connection.
 *
 * @throws TypeError when the handler is none, an option has no known name, a limit is not a positive whole number, an allowed host is none, or when options of TLS contradict each other
 * @throws the system's error when the address can't be bound
 */
export async function listen(handler: HttpHandler, options: ListenOptions = {}): Promise<Listener> {
  assertOptionNames("listen", options, OPTION_NAMES);
  if (typeof (handler as Partial<HttpHandler> | undefined)?.handle !== "function") {
    throw new TypeError("listen needs a handler, as in listen(buildRequestListener({ ...auth }))");
  }
  const limits = resolveHttpLimits(options.limits);
  const connections = createConnections(limits);
  const checkHost = createHostCheck(options.allowedHosts ?? []);
  let answersAnyHost = false;
  const tracked = { ...handler, handle: connections.track(handler.handle) };
  const admission = createAdmission(
    tracked,
    (headers) => (answersAnyHost ? undefined : checkHost(headers)),
    limits,
  );
  const serving: Serving = { ...admission, connections, limits };
  const server =
    options.tls === undefined ? createPlainServer(serving) : createTlsServer(serving, options.tls);
  await bind(server, options.host ?? "127.0.0.1", options.port ?? 0);
  const address = addressOf(server);
  answersAnyHost = options.allowedHosts === undefined && !isLoopback(address.host);
  const scheme = options.tls === undefined ? "http" : "https";
  let closed: Promise<void> | undefined;
  return {
    address,
    origin: `${scheme}://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`,
    close: (graceMs) => {
      closed ??= connections.drain(server, graceMs);
      return closed;
    },
  };
}

function toNodeLimits(limits: HttpLimits) {
  return {
    headersTimeout: limits.headerTimeoutMs,
    handshakeTimeout: limits.headerTimeoutMs,
    // A stream is one request that may last for hours: only its header has a deadline here.
    requestTimeout: 0,
    connectionsCheckingInterval: Math.min(limits.headerTimeoutMs, 5_000),
    keepAliveTimeout: limits.idleTimeoutMs,
    maxHeaderSize: limits.maxHeaderBytes,
    maxSessionMemory: limits.maxSessionMemoryMegabytes,
    streamResetBurst: limits.maxStreamResets,
    streamResetRate: limits.streamResetsPerSecond,
    settings: {
      maxConcurrentStreams: limits.maxConcurrentStreams,
      maxHeaderListSize: limits.maxHeaderBytes,
      enablePush: false,
    },
  };
}

function createPlainServer(serving: Serving): Http1Server {
  const { connections, limits, handle } = serving;
  const nodeLimits = toNodeLimits(limits);
  const http2 = createHttp2Server(nodeLimits, handle);
  listenToExpectations(http2, serving);
  offerStreams(http2, serving.onStream);
  http2.on("session", (session) => connections.addHttp2(session));
  // The HTTP/1.1 server is the one that listens: only then does Node enforce the deadline of its headers.
  const http1 = createHttp1Server(nodeLimits, handle);
  listenToExpectations(http1, serving);
  http1.on("connect", refuseConnect);
  const onHttp1Connection = http1.listeners("connection");
  http1.removeAllListeners("connection");
  http1.on("connection", (socket: Socket) => {
    connections.addSocket(socket);
    connections.addHttp1(socket);
    sniffProtocol(socket, {
      timeoutMs: limits.headerTimeoutMs,
      onProtocol: (protocol) => {
        if (protocol === "http2") {
          connections.removeHttp1(socket);
          // Sockets of an HTTP/1.1 server stay open when the caller ends its side. HTTP/2 counts on the opposite:
          // a session whose caller has left would never end.
          socket.allowHalfOpen = false;
          http2.emit("connection", socket);
          return;
        }
        for (const listener of onHttp1Connection) {
          listener.call(http1, socket);
        }
        socket.resume();
      },
    });
  });
  return http1;
}

function createTlsServer(serving: Serving, tls: TlsOptions): Http2SecureServer {
  const { connections, limits, handle } = serving;
  const server = createSecureServer(
    { ...toNodeLimits(limits), ...resolveTlsOptions(tls), allowHTTP1: true },
    handle,
  );
  listenToExpectations(server, serving);
  server.on("connect", refuseConnect);
  offerStreams(server, serving.onStream);
  server.on("session", (session) => connections.addHttp2(session));
  server.on("connection", (socket: Socket) => connections.addSocket(socket));
  server.on("secureConnection", (socket) => {
    connections.addSocket(socket);
    if (socket.alpnProtocol !== "h2") {
      connections.addHttp1(socket);
    }
  });
  return server;
}

function listenToExpectations(server: EventEmitter, { handleExpecting, refuseExpecting }: Serving): void {
  server.on("checkContinue", handleExpecting);
  server.on("checkExpectation", refuseExpecting);
}

/**
 * Offer every stream to the handler before Node makes a request and a response of it.
 *
 * A stream that was reset in the same moment goes to no handler: Node would answer its `expect: 100-continue`, and
 * throw where no code can catch it. Nor does a CONNECT: Node would leave it open for as long as its client likes.
 */
function offerStreams(server: Http2Server | Http2SecureServer, onStream: StreamHandler): void {
  const compatibility = server.listeners("stream");
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers, flags, rawHeaders) => {
    if (stream.destroyed || stream.closed) {
      stream.on("error", ignore);
      // A stream with unread bytes would hold its connection open for ever.
      stream.resume();
      return;
    }
    if (headers[":method"] === "CONNECT") {
      // The form in which Node hands streams over.
      const req = new Http2ServerRequest(stream, headers, {}, rawHeaders);
      respondFault(req, new Http2ServerResponse(stream), NO_TUNNEL);
      return;
    }
    if (onStream(stream, headers, rawHeaders)) {
      return;
    }
    for (const listener of compatibility) {
      listener.call(server, stream, headers, flags, rawHeaders);
    }
  });
}

function ignore(): void {}

function bind(server: AnyServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function addressOf(server: AnyServer): Listener["address"] {
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new TypeError("the server has no port");
  }
  return { host: address.address, port: address.port };
}
