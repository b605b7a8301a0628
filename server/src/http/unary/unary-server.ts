import { type ContextValues, createContextValues } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import {
  type CallRequest,
  type CallResponse,
  type HttpRequest,
  type HttpResponse,
  isHttp2Request,
  isHttp2Response,
  type StreamHandler,
} from "../handler.ts";
import { UnaryCall, type UnaryCallParts } from "./call.ts";
import type { SentFields, UnaryExchange } from "./exchange.ts";
import { createHeadReader } from "./head.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { Http2CallRequest } from "./http2-request.ts";
import type { UnaryMethod } from "./methods.ts";
import { createOriginReader } from "./request-origin.ts";
import { serveCall, type UnaryServing } from "./serve-call.ts";

/** What unary calls need. */
export interface UnaryOptions extends UnaryServing {
  readonly contextValues: ((req: CallRequest, res: CallResponse) => ContextValues) | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
  /** How answers can be compressed. */
  readonly compressions: readonly Compression[];
  /** Fields of every answer to requests of an origin. */
  readonly sentTo: (origin: string | undefined) => SentFields;
}

/** Serves unary calls without Connect's own handler. */
export interface UnaryServer {
  /** Takes the calls over HTTP/2 of which it knows all that there is to know. */
  readonly onStream: StreamHandler;
  /** Takes such calls over HTTP/1.1. @returns whether it has; if not, it has not touched them either */
  onRequest(req: HttpRequest, res: HttpResponse): boolean;
}

/** Create the server of the unary methods. @param methods by their path */
export function createUnaryServer(
  methods: ReadonlyMap<string, UnaryMethod>,
  options: UnaryOptions,
): UnaryServer {
  const readHead = createHeadReader(options.compressions);
  const originOf = createOriginReader();

  const valuesOf = (req: CallRequest, res: CallResponse): ContextValues | undefined => {
    try {
      return options.contextValues?.(req, res) ?? createContextValues();
    } catch {
      // It will throw again where somebody answers that.
      return undefined;
    }
  };
  /** Find out what there is to know of a call; `undefined` when anything about it is for Connect's own handler. */
  const open = (req: CallRequest, res: CallResponse, origin?: string): UnaryCallParts | undefined => {
    const method = req.method === "POST" ? methods.get(req.url ?? "") : undefined;
    const head = method === undefined ? undefined : readHead(req.headers);
    if (method === undefined || head === undefined || origin === undefined) return undefined;
    // Over HTTP/1.1 gRPC has no trailers that its clients could read.
    if (head.protocol === "grpc" && req.stream === undefined) return undefined;
    const values = valuesOf(req, res);
    return values === undefined ? undefined : { method, head, url: `${origin}${req.url}`, values };
  };
  const serve = (parts: UnaryCallParts, exchange: UnaryExchange): true => {
    serveCall(new UnaryCall(parts, exchange, options.shutdownSignal), options);
    return true;
  };
  return {
    onStream(stream, header, rawHeaders) {
      if (stream.destroyed || stream.session === undefined) return false;
      const scheme = stream.session.encrypted === true ? "https" : "http";
      const request = new Http2CallRequest(stream, header, rawHeaders);
      const parts = open(request, stream, originOf(scheme, header[":authority"] ?? header.host));
      return parts !== undefined && serve(parts, new Http2Exchange(request, options.sentTo(header.origin)));
    },
    onRequest(req, res) {
      if (isHttp2Request(req) || isHttp2Response(res)) return false;
      const scheme = "encrypted" in req.socket && req.socket.encrypted === true ? "https" : "http";
      const parts = open(req, res, originOf(scheme, req.headers.host));
      return parts !== undefined && serve(parts, new Http1Exchange(req, res));
    },
  };
}
