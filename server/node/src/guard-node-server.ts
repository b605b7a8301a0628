import type { EventEmitter } from "node:events";
import type { Server as Http1Server, IncomingMessage } from "node:http";
import {
  constants,
  type Http2SecureServer,
  type Http2Server,
  Http2ServerRequest,
  Http2ServerResponse,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { Server as HttpsServer } from "node:https";
import type { Duplex } from "node:stream";
import {
  assertOptionNames,
  assertPositive,
  DEFAULT_LIMITS,
  type HostedRequest,
  hostOf,
  isOriginForm,
} from "@countersign/server/internal";
import { createCountedOrder } from "./counted-order.ts";
import { closeWhenStopped } from "./exchange/close-when-stopped.ts";
import { continueWhenRead } from "./exchange/expect-continue.ts";
import { sendHeaderAtOpen } from "./exchange/header-at-open.ts";
import { resetUntouched, stopUnreadBody } from "./exchange/reject-early.ts";
import {
  BAD_REQUEST,
  findRequestFault,
  type RequestFault,
  respondFault,
  UNMET_EXPECTATION,
} from "./exchange/request-fault.ts";
import { closeEarlyTunnel, refuseTunnel } from "./exchange/tunnel.ts";
import { followSession } from "./follow-session.ts";
import { type HttpRequest, type HttpResponse, isHttp2Request } from "./handler.ts";
import { Http2Faults } from "./http2-faults.ts";
import { createHttp2Stalls } from "./http2-stalls.ts";
import { respondFailure } from "./respond.ts";

/** A server of Node. */
export type NodeServer = Http1Server | HttpsServer | Http2Server | Http2SecureServer;

/** How {@link guardNodeServer} guards. */
export interface NodeServerGuardOptions {
  /** Receives what a handler throws. Default: console.error. */
  readonly onError?: (error: unknown) => void;
  /**
   * How long a connection of HTTP/2 may take to send its settings, and a header that it has begun, in milliseconds. Node
   * has no limit for it. Default 15,000.
   */
  readonly headerTimeoutMs?: number | undefined;
}

const OPTION_NAMES = { onError: true, headerTimeoutMs: true } satisfies Record<
  keyof NodeServerGuardOptions,
  true
>;

/** What happens to an event of a server before its listeners get it. */
interface EventGuard {
  /** Look at what the event hands over; answer it when no listener may get it. */
  readonly check: (...handed: never[]) => "answered" | "continue";
  /** Answer for a listener that threw. Absent: what it throws is not due to a request. */
  readonly fail?: (...handed: never[]) => void;
}

const guarded = new WeakSet<NodeServer>();

/**
 * Guard a server of Node against requests that would end its process.
 *
 *     guardNodeServer(createServer(connectNodeAdapter({ ...auth }))).listen(8080);
 *
 * A request whose host or target is not well-formed is answered with 400 before any handler gets it. One over HTTP/1.1
 * waits until those before it are answered, counted as in `listen` by its address and connection, and is dropped when an
 * answer closes the connection. An upgrade or a CONNECT that does not wait for those answers gets none: the connection is
 * closed behind them. A stream of HTTP/2 that was reset at once goes to no handler: Node would answer its
 * `expect: 100-continue`, and throw. One whose request was answered, was never read, and has no end is reset behind its
 * answer. Errors of connections, requests and responses that break have a listener. A handler that throws is answered for
 * with 500. A connection of HTTP/2 is closed when its client leaves a header half sent, or makes the server reset too many
 * streams. A stream whose method may be renewed sends the header of its answer when it opens. When the server listens no
 * more, each answer over HTTP/1.1 ends its connection.
 *
 * It works for whatever listens to the server, also later: Connect's adapter, Express, Fastify. {@link listen} needs it not.
 *
 * @returns the server; a second call for the same one changes nothing
 * @throws TypeError when the server is none, an option has no known name, or the time is not a positive whole number
 */
export function guardNodeServer<S extends NodeServer>(server: S, options: NodeServerGuardOptions = {}): S {
  assertOptionNames("guardNodeServer", options, OPTION_NAMES);
  if (typeof (server as Partial<NodeServer> | undefined)?.emit !== "function") {
    throw new TypeError("guardNodeServer needs a server of node:http, node:https or node:http2");
  }
  const { headerTimeoutMs = DEFAULT_LIMITS.listen.headerTimeoutMs } = options;
  assertPositive("headerTimeoutMs", headerTimeoutMs);
  if (guarded.has(server)) {
    return server;
  }
  guarded.add(server);
  const onError = options.onError ?? printError;
  const emitter: EventEmitter = server;
  const emit = emitter.emit.bind(emitter);
  const order = createCountedOrder();
  closeWhenStopped(server);
  const stalls = createHttp2Stalls(headerTimeoutMs);
  server.on("session", (session: ServerHttp2Session) => {
    followSession(session, [stalls.follow(session), new Http2Faults(session, DEFAULT_LIMITS.listen)]);
  });
  // Listeners come at any time. What they get passes through here.
  emitter.emit = (event, ...handed) => {
    const guard = typeof event === "string" ? GUARDS[event] : undefined;
    // The type of an event's arguments is Node's promise: see GUARDS.
    const args = handed as never[];
    if (guard === ofRequests) {
      const [req, res] = handed as [HttpRequest, HttpResponse];
      if (order.waits(req, res, () => void emitter.emit(event, ...handed))) {
        return true;
      }
    }
    if (guard?.check(...args) === "answered") {
      return true;
    }
    if (guard?.fail === undefined) {
      return emit(event, ...handed);
    }
    try {
      return emit(event, ...handed);
    } catch (error) {
      onError(error);
      guard.fail(...args);
      return true;
    }
  };
  server.on("checkContinue", (req: HttpRequest, res: HttpResponse) => {
    // An application that listens too continues by itself.
    if (server.listenerCount("checkContinue") === 1) {
      continueWhenRead(req, res);
      emitter.emit("request", req, res);
    }
  });
  server.on("checkExpectation", (req: HttpRequest, res: HttpResponse) => {
    // An application that listens too answers by itself.
    if (server.listenerCount("checkExpectation") === 1) {
      respondFault(req, res, UNMET_EXPECTATION);
    }
  });
  return server;
}

const ofSockets: EventGuard = {
  check(socket: EventEmitter) {
    socket.on("error", ignore);
    return "continue";
  },
};

const ofRequests: EventGuard = {
  check(req: HttpRequest, res: HttpResponse) {
    sendHeaderAtOpen(req, res);
    // Over HTTP/2 the stream was looked at, and Node emits its errors on neither of them.
    if (isHttp2Request(req)) {
      return "continue";
    }
    // Connect's adapter stops to listen before the connection can break for the last time.
    req.on("error", ignore);
    res.on("error", ignore);
    const fault = findRequestFault(req) ?? findFault(req, req.url);
    if (fault === undefined) {
      return "continue";
    }
    respondFault(req, res, fault);
    return "answered";
  },
  fail(req: HttpRequest, res: HttpResponse) {
    stopUnreadBody(req, res);
    respondFailure(res);
  },
};

const ofStreams: EventGuard = {
  check(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, ...[, rawHeaders]: [number, string[]]) {
    stream.on("error", ignore);
    if (stream.destroyed || stream.closed) {
      // A stream with unread bytes would hold its connection open for ever.
      stream.resume();
      return "answered";
    }
    const fault = findFault({ headers, rawHeaders }, headers[":path"]);
    if (fault === undefined) {
      resetUntouched(stream);
      return "continue";
    }
    // The form in which Node hands streams over.
    respondFault(
      new Http2ServerRequest(stream, headers, {}, rawHeaders),
      new Http2ServerResponse(stream),
      fault,
    );
    return "answered";
  },
  fail: (stream: ServerHttp2Stream) => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
};

/** What becomes of connections that stop to speak HTTP/1.1. */
const ofTunnels: EventGuard = {
  check(req: IncomingMessage | Http2ServerRequest, socket: Duplex) {
    if (isHttp2Request(req)) {
      return "continue";
    }
    socket.on("error", ignore);
    if (closeEarlyTunnel(req)) {
      return "answered";
    }
    const fault = findRequestFault(req) ?? findFault(req, req.method === "CONNECT" ? undefined : req.url);
    if (fault === undefined) {
      return "continue";
    }
    refuseTunnel(socket, fault);
    return "answered";
  },
  fail(_req: HttpRequest, socket: { destroy(): unknown }) {
    socket.destroy();
  },
};

const GUARDS: Readonly<Record<string, EventGuard>> = {
  connection: ofSockets,
  secureConnection: ofSockets,
  session: ofSockets,
  stream: ofStreams,
  request: ofRequests,
  checkContinue: ofRequests,
  checkExpectation: ofRequests,
  upgrade: ofTunnels,
  connect: ofTunnels,
};

/** Find why a request must not be handed to a handler. @param target absent: a CONNECT, which has only a host */
function findFault(request: HostedRequest, target: string | undefined): RequestFault | undefined {
  const isServable = hostOf(request) !== undefined && (target === undefined || isOriginForm(target));
  return isServable ? undefined : BAD_REQUEST;
}

function ignore(): void {}
function printError(error: unknown): void {
  // biome-ignore lint/suspicious/noConsole: the default where no onError is given, as with Connect's adapter
  console.error("a handler threw", error);
}
