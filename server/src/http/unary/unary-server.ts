import type { IncomingHttpHeaders } from "node:http2";
import { type ContextValues, createContextValues, type HandlerContext } from "@connectrpc/connect";
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
import { createArrivals } from "./arrivals.ts";
import { UnaryCall } from "./call.ts";
import type { SentFields, UnaryExchange } from "./exchange.ts";
import { createHeadReader, type UnaryHead } from "./head.ts";
import { Http1Exchange } from "./http1-exchange.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import { Http2CallRequest } from "./http2-request.ts";
import type { UnaryMethod } from "./methods.ts";
import { createOriginReader } from "./request-origin.ts";
import { serveCall, type UnaryServing } from "./serve-call.ts";

/** What unary calls need. */
export interface UnaryOptions {
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  readonly contextValues: ((req: CallRequest, res: CallResponse) => ContextValues) | undefined;
  readonly shutdownSignal: AbortSignal | undefined;
  readonly arrivalTimeoutMs: number;
  /** How answers can be compressed. */
  readonly compressions: readonly Compression[];
  /** Fields of every answer to requests of an origin. */
  readonly sentTo: (origin: string | undefined) => SentFields;
  readonly onError: (error: unknown) => void;
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
  const serving: UnaryServing = { ...options, arrivals: createArrivals(options.arrivalTimeoutMs) };

  const begin = ({ method, head }: Opening, exchange: UnaryExchange, values: ContextValues): void => {
    const { shutdownSignal } = options;
    serveCall(new UnaryCall({ method, head, exchange, values, shutdownSignal }), serving);
  };
  const openingOf = (path: string | undefined, header: IncomingHttpHeaders): Opening | undefined => {
    const method = methods.get(path ?? "");
    const head = method === undefined ? undefined : readHead(header);
    return method === undefined || head === undefined ? undefined : { method, head };
  };
  const valuesOf = (req: CallRequest, res: CallResponse): ContextValues | "none" => {
    try {
      return options.contextValues?.(req, res) ?? createContextValues();
    } catch {
      // It will throw again where somebody answers that.
      return "none";
    }
  };
  return {
    onStream(stream, header, rawHeaders) {
      const { ":method": verb, ":path": path } = header;
      const opening = verb === "POST" ? openingOf(path, header) : undefined;
      if (opening === undefined || stream.destroyed || stream.session === undefined) return false;
      const scheme = stream.session.encrypted === true ? "https" : "http";
      const origin = originOf(scheme, header[":authority"] ?? header.host);
      const values =
        origin === undefined ? "none" : valuesOf(new Http2CallRequest(stream, header, rawHeaders), stream);
      if (values === "none") return false;
      const sentAlways = options.sentTo(header.origin);
      const url = `${origin}${path}`;
      begin(opening, new Http2Exchange({ stream, header, rawHeaders, url, sentAlways }), values);
      return true;
    },
    onRequest(req, res) {
      if (isHttp2Request(req) || isHttp2Response(res) || req.method !== "POST") return false;
      const opening = openingOf(req.url, req.headers);
      // Over HTTP/1.1 gRPC has no trailers that its clients could read.
      if (opening === undefined || opening.head.protocol === "grpc") return false;
      const scheme = "encrypted" in req.socket && req.socket.encrypted === true ? "https" : "http";
      const origin = originOf(scheme, req.headers.host);
      const values = origin === undefined ? "none" : valuesOf(req, res);
      if (values === "none") return false;
      begin(opening, new Http1Exchange(req, res, `${origin}${req.url}`), values);
      return true;
    },
  };
}

interface Opening {
  readonly method: UnaryMethod;
  readonly head: UnaryHead;
}
