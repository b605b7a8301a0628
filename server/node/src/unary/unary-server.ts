import type { IncomingMessage, ServerResponse } from "node:http";
import { type ContextValues, createContextValues } from "@connectrpc/connect";
import { createCallValues, hostOf } from "@countersign/server/internal";
import { Call } from "../call/call.ts";
import type { Compression } from "../connect-protocol.ts";
import type { HttpExchange, ResponseFields } from "../exchange/http-exchange.ts";
import { Http1Exchange } from "../exchange/http1-exchange.ts";
import { Http2Exchange } from "../exchange/http2-exchange.ts";
import { Http2CallRequest } from "../exchange/http2-request.ts";
import { createOriginReader } from "../exchange/request-target.ts";
import type { CallRequest, CallResponse, StreamHandler } from "../handler.ts";
import type { UnaryCallParts } from "./head.ts";
import { createHeadReader } from "./head.ts";
import type { UnaryMethod } from "./methods.ts";
import { serveCall, type UnaryServing } from "./serve-call.ts";

/** What unary calls need. */
export interface UnaryOptions extends UnaryServing {
  readonly contextValues: ((req: CallRequest, res: CallResponse) => ContextValues) | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
  /** How answers can be compressed. */
  readonly compressions: readonly Compression[];
  /** Fields of every answer to requests of an origin. */
  readonly corsFieldsFor: (origin: string | undefined) => ResponseFields;
}

/** Serves unary calls without Connect's own handler. */
export interface UnaryServer {
  /** Takes the calls over HTTP/2 of which it knows all that there is to know. */
  readonly onStream: StreamHandler;
  /** Takes such calls over HTTP/1.1. @returns whether it has; if not, it has not touched them either */
  onRequest(req: IncomingMessage, res: ServerResponse): boolean;
}

/** Create the server of the unary methods. @param methods by their path */
export function createUnaryServer(
  methods: ReadonlyMap<string, UnaryMethod>,
  options: UnaryOptions,
): UnaryServer {
  const readHead = createHeadReader(options.compressions);
  const originOf = createOriginReader();

  /** Find out what there is to know of a call; `undefined` when anything about it is for Connect's own handler. */
  const open = (req: CallRequest, res: CallResponse, origin?: string): UnaryCallParts | undefined => {
    const method = req.method === "POST" ? methods.get(req.url ?? "") : undefined;
    const head = method === undefined ? undefined : readHead(req.headers);
    if (method === undefined || head === undefined || origin === undefined) {
      return undefined;
    }
    // Over HTTP/1.1 gRPC has no trailers that its clients could read.
    if (head.protocol === "grpc" && req.stream === undefined) {
      return undefined;
    }
    try {
      const own = options.contextValues?.(req, res);
      const values = method.gate === undefined ? (own ?? createContextValues()) : createCallValues(own);
      return { method, head, url: `${origin}${req.url}`, values };
    } catch {
      // Connect's own handler will throw it again, and answer it.
      return undefined;
    }
  };
  const serve = (parts: UnaryCallParts, exchange: HttpExchange): true => {
    serveCall(new Call(parts, exchange, options.shutdownSignal), options);
    return true;
  };
  return {
    onStream(stream, header, rawHeaders) {
      if (stream.destroyed || stream.session === undefined) {
        return false;
      }
      const scheme = stream.session.encrypted === true ? "https" : "http";
      const request = new Http2CallRequest(stream, header, rawHeaders);
      // Most clients name the host once: only a second name is held against the first.
      const host = header.host === undefined ? header[":authority"] : hostOf({ headers: header, rawHeaders });
      const parts = open(request, stream, originOf(scheme, host));
      return (
        parts !== undefined && serve(parts, new Http2Exchange(request, options.corsFieldsFor(header.origin)))
      );
    },
    onRequest(req, res) {
      const scheme = "encrypted" in req.socket && req.socket.encrypted === true ? "https" : "http";
      const parts = open(req, res, originOf(scheme, req.headers.host));
      return parts !== undefined && serve(parts, new Http1Exchange(req, res));
    },
  };
}
