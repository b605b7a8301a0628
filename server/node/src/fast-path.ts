import type { IncomingMessage, ServerResponse } from "node:http";
import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { createCallValues, hostOf, systemClock } from "@countersign/server/internal";
import { Call } from "./call/call.ts";
import { createHeadReader, type HeadReader, type ServedParts } from "./call/head.ts";
import type { RecordedMethods, ServedMethod, StreamMethod, UnaryMethod } from "./call/methods.ts";
import type { CallServing } from "./call/serving.ts";
import type { Compression } from "./connect-protocol.ts";
import type { ResponseFields } from "./exchange/http-exchange.ts";
import { Http1Exchange } from "./exchange/http1-exchange.ts";
import { Http1Wire } from "./exchange/http1-wire.ts";
import { Http2Exchange } from "./exchange/http2-exchange.ts";
import { Http2CallRequest } from "./exchange/http2-request.ts";
import { Http2Wire } from "./exchange/http2-wire.ts";
import { createOriginReader } from "./exchange/request-target.ts";
import type { CallRequest, CallResponse, StreamHandler } from "./handler.ts";
import { serveStream } from "./streams/serve-stream.ts";
import { createTurns } from "./streams/turns.ts";
import { serveCall } from "./unary/serve-call.ts";

/** What calls need. */
export interface FastPathOptions extends CallServing {
  readonly contextValues: ((req: CallRequest, res: CallResponse) => ContextValues) | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
  /** How answers can be compressed. */
  readonly compressions: readonly Compression[];
  /** Fields of every answer to requests of an origin. */
  readonly corsFieldsFor: (origin: string | undefined) => ResponseFields;
}

/** Serves calls without Connect's own handler. */
export interface FastPath {
  /** Takes the calls over HTTP/2 of which it knows all that there is to know. */
  readonly onStream: StreamHandler;
  /** Takes such calls over HTTP/1.1. @returns whether it has; if not, it has not touched them either */
  onRequest(req: IncomingMessage, res: ServerResponse): boolean;
}

/** A request that may be a call. */
interface Received {
  readonly req: CallRequest;
  readonly res: CallResponse;
  /** Undefined: its host is not well-formed. */
  readonly origin: string | undefined;
}

/** Create what serves methods without Connect's own handler. */
export function createFastPath({ methods, streams }: RecordedMethods, options: FastPathOptions): FastPath {
  const originOf = createOriginReader();
  const serving = { ...options, turns: createTurns(systemClock) };
  const openUnary = createOpening(methods, options, createHeadReader(options.compressions));
  const openStream = createOpening(streams, options, createHeadReader(options.compressions, "stream"));
  const { shutdownSignal } = options;
  return {
    onStream(stream, header, rawHeaders) {
      if (stream.destroyed || stream.session === undefined) {
        return false;
      }
      const scheme = stream.session.encrypted === true ? "https" : "http";
      const req = new Http2CallRequest(stream, header, rawHeaders);
      // Most clients name the host once: only a second name is held against the first.
      const host = header.host === undefined ? header[":authority"] : hostOf({ headers: header, rawHeaders });
      const received = { req, res: stream, origin: originOf(scheme, host) };
      const unary = openUnary(received);
      const streaming = unary === undefined ? openStream(received) : undefined;
      const corsFields = options.corsFieldsFor(header.origin);
      if (unary !== undefined) {
        serveCall(new Call(unary, new Http2Exchange(req, corsFields), shutdownSignal), serving);
      } else if (streaming !== undefined) {
        const call = new Call(streaming, new Http2Exchange(req, corsFields), shutdownSignal);
        serveStream(call, new Http2Wire(stream, corsFields), serving);
      }
      return unary !== undefined || streaming !== undefined;
    },
    onRequest(req, res) {
      const scheme = "encrypted" in req.socket && req.socket.encrypted === true ? "https" : "http";
      const received = { req, res, origin: originOf(scheme, req.headers.host) };
      const unary = openUnary(received);
      const streaming = unary === undefined ? openStream(received) : undefined;
      if (unary !== undefined) {
        serveCall(new Call(unary, new Http1Exchange(req, res), shutdownSignal), serving);
      } else if (streaming !== undefined) {
        const call = new Call(streaming, new Http1Exchange(req, res), shutdownSignal);
        serveStream(call, new Http1Wire(req, res), serving);
      }
      return unary !== undefined || streaming !== undefined;
    },
  };
}

type Opened<Method extends ServedMethod> = ServedParts & { readonly method: Method };

/**
 * Create what finds out all that there is to know of a call; `undefined` when it is of another method, or anything about
 * it is for Connect's own handler.
 */
function createOpening<Method extends UnaryMethod | StreamMethod>(
  methods: ReadonlyMap<string, Method>,
  { contextValues }: FastPathOptions,
  readHead: HeadReader,
): (received: Received) => Opened<Method> | undefined {
  return ({ req, res, origin }) => {
    const method = req.method === "POST" ? methods.get(req.url ?? "") : undefined;
    const head = method === undefined ? undefined : readHead(req.headers);
    if (method === undefined || head === undefined || origin === undefined) {
      return undefined;
    }
    // Over HTTP/1.1 gRPC has no trailers that its clients could read, and what a client streams ends before the answer.
    if (req.stream === undefined && (head.protocol === "grpc" || !takesOneMessage(method))) {
      return undefined;
    }
    try {
      const own = contextValues?.(req, res);
      const values = method.gate === undefined ? (own ?? createContextValues()) : createCallValues(own);
      return { method, head, url: `${origin}${req.url}`, values };
    } catch {
      // Connect's own handler will throw it again, and answer it.
      return undefined;
    }
  };
}

function takesOneMessage({ spec }: ServedMethod): boolean {
  return spec.kind === "unary" || spec.kind === "server_streaming";
}
