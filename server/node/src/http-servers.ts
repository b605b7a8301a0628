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
import type { Admission } from "./admit.ts";
import { assertCertificate } from "./assert-certificate.ts";
import type { Connections } from "./connections.ts";
import { NO_TUNNEL, respondFault } from "./exchange/request-fault.ts";
import { refuseConnect } from "./exchange/tunnel.ts";
import type { StreamHandler } from "./handler.ts";
import type { HttpLimits } from "./limits.ts";
import { sniffProtocol } from "./protocol-sniffer.ts";
import { resolveTlsOptions, type TlsOptions } from "./tls-options.ts";

/** What both kinds of servers are made of. */
export interface Serving extends Admission {
  readonly connections: Connections;
  readonly limits: HttpLimits;
}

/** A server of either kind, as it listens. */
export type AnyServer = Http1Server | Http2SecureServer;

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

/** Create the server that tells HTTP/1.1 from HTTP/2 by the first bytes of a connection. */
export function createPlainServer(serving: Serving): Http1Server {
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

/**
 * Create the server that has its clients choose by ALPN.
 *
 * @throws TypeError when options of TLS contradict each other, Error when the two are no certificate and its key
 */
export function createTlsServer(serving: Serving, tls: TlsOptions): Http2SecureServer {
  const { connections, limits, handle } = serving;
  const secure = resolveTlsOptions(tls);
  assertCertificate(secure);
  const server = createSecureServer({ ...toNodeLimits(limits), ...secure, allowHTTP1: true }, handle);
  listenToExpectations(server, serving);
  server.on("connect", refuseConnect);
  offerStreams(server, serving.onStream);
  server.on("session", (session) => connections.addHttp2(session));
  server.on("connection", (socket: Socket) => connections.addSocket(socket));
  server.on("secureConnection", (socket) => {
    if (secure.ca === undefined) {
      // Node has looked among the web's authorities, which vouch for no client here.
      socket.authorized = false;
    }
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
