import type { Http2ServerResponse } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  type ContextValues,
  createConnectRouter,
  type HandlerContext,
  type Interceptor,
} from "@connectrpc/connect";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import { describeRouter } from "@countersign/server/internal";
import {
  type UniversalServerRequest,
  type UniversalServerResponse,
  validateUniversalHandlerOptions,
} from "./connect-protocol.ts";
import { findVersionFault, readConnectVersion } from "./connect-version.ts";
import { createArrivals, toArriving } from "./exchange/arrivals.ts";
import { dropConnectionFields } from "./exchange/connection-fields.ts";
import { packEnvelopes, packParts } from "./exchange/pack-parts.ts";
import { stopUnreadBody } from "./exchange/reject-early.ts";
import {
  type CallRequest,
  type CallResponse,
  type HttpRequest,
  type HttpResponse,
  isHttp2Request,
  isHttp2Response,
  type RequestHandler,
  type StreamHandler,
} from "./handler.ts";
import { type JsonOptions, resolveJsonOptions } from "./json-options.ts";
import { respondFailure } from "./respond.ts";
import { dropEndlessTimeouts } from "./timeout-headers.ts";
import { recordMethods, type UnaryMethod } from "./unary/methods.ts";
import { createUnaryServer, type UnaryOptions } from "./unary/unary-server.ts";

/** What the RPCs of a server need. */
export interface RpcOptions {
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  /** Run around every call that passed the gate. */
  readonly interceptors: readonly Interceptor[];
  /** How large a message may be when it arrives, in bytes. Default 4 MiB. */
  readonly readMaxBytes?: number;
  /** How large a message may be when it is sent, in bytes. Default 16 MiB. */
  readonly writeMaxBytes?: number;
  /** How long the request of a call that takes one message may take to arrive, in milliseconds. Default 60,000. */
  readonly arrivalTimeoutMs?: number;
  /**
   * How messages are read from JSON and written as JSON, such as the registry of what stands in `google.protobuf.Any`.
   * Options of a service take its place. Default: unknown fields are refused.
   */
  readonly jsonOptions?: JsonOptions;
  /** How messages are read from and written in binary. Options of a service take its place. */
  readonly binaryOptions?: NonNullable<ConnectRouterOptions["binaryOptions"]>;
  /** Its abort is passed on to every call; its reason is what the callers are told. */
  readonly shutdownSignal?: AbortSignal;
  /** Makes the context values of a call. It must not touch the body of the request. */
  readonly contextValues?: (req: CallRequest, res: CallResponse) => ContextValues;
  /**
   * Whether unary calls that are nothing unusual are served without Connect's own handler, which takes several times
   * as long and answers the same. Default: true, with the releases of Connect that this has been proven for; with
   * others Connect's own handler serves all calls, and `onWarning` is told.
   */
  readonly unaryFastPath?: boolean;
  /** Told at start what is not as it should be. Default: console.warn. */
  readonly onWarning?: (message: string) => void;
  /** Told what went wrong beside the calls themselves. It goes to the log, never to a caller. */
  readonly onError?: (error: unknown) => void;
}

/** The RPCs of a server. */
export interface Rpcs {
  /** Find the handler of an RPC by its path; `undefined` when there is none. */
  find(pathname: string): RequestHandler | undefined;
  /** Takes unary calls off their streams. */
  readonly onStream: StreamHandler;
}

const DEFAULT_READ_MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_WRITE_MAX_BYTES = 16 * 1024 * 1024;

const COMPRESSIONS = [compressionGzip, compressionBrotli];

/** Enough for 4 MiB over a slow line. */
const DEFAULT_ARRIVAL_TIMEOUT_MS = 60_000;

/**
 * Create the handlers of the RPCs, for the protocols gRPC, gRPC-Web and Connect.
 *
 * It does what `connectNodeAdapter` does, and three things more: a failure outside a call is answered instead of
 * leaving the caller to wait, it goes to `onError` instead of the console, and a body that is no longer wanted is
 * neither read on nor turned into a broken connection.
 */
export function createRpcs(options: RpcOptions, sentTo: UnaryOptions["sentTo"]): Rpcs {
  const arrivals = createArrivals(options.arrivalTimeoutMs ?? DEFAULT_ARRIVAL_TIMEOUT_MS);
  const routerOptions = toRouterOptions(options);
  const router = createConnectRouter(routerOptions);
  const methods = registerRoutes(router, routerOptions, options);
  const unary = createUnaryServer(methods, {
    requestGate: options.requestGate,
    contextValues: options.contextValues,
    shutdownSignal: options.shutdownSignal,
    arrivals,
    compressions: COMPRESSIONS,
    sentTo,
    onError: (error) => options.onError?.(error),
  });
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  const find = (pathname: string): RequestHandler | undefined => {
    const handler = handlers.get(pathname);
    if (handler === undefined) return undefined;
    const answer = (request: CallWithBody, req: HttpRequest): Promise<UniversalServerResponse> => {
      if (!takesOneMessage(handler.method)) return handler({ ...request, body: packEnvelopes(request.body) });
      const arriving = toArriving(req);
      arrivals.add(arriving);
      const body = packParts(request.body);
      return handler({ ...request, body }).finally(() => arrivals.delete(arriving));
    };
    return (req, res) => {
      // When a connection of HTTP/1.1 breaks at the wrong moment nobody else listens any more, and the process would
      // end. What the call must know of it, its signal says. Over HTTP/2 Node tells neither of errors, and a listener
      // on the response would make each write slower.
      if (!isHttp2Request(req) && !isHttp2Response(res)) {
        req.on("error", ignore);
        res.on("error", ignore);
        if (unary.onRequest(req, res)) return;
      }
      const call = async (): Promise<void> => {
        const request = universalRequestFromNodeRequest(
          req,
          res,
          undefined,
          options.contextValues?.(req, res),
        );
        dropEndlessTimeouts(request.header);
        // The iterator must not destroy the request when a handler stops reading: that would cut off its answer.
        const body: AsyncIterable<Uint8Array> = req.iterator({ destroyOnReturn: false });
        const response = await answer({ ...request, body }, req);
        stopUnreadBody(req, res);
        if (isHttp2Response(res)) guardTrailers(res);
        await universalResponseToNodeResponse(withConnection(response, res), res);
      };
      call().catch((reason: unknown) => {
        if (!isCallerGone(reason)) options.onError?.(reason);
        respondFailure(res);
      });
    };
  };
  return { find, onStream: unary.onStream };
}

/** Register the services. @returns the unary methods that take the fast path, by their path */
function registerRoutes(
  router: ConnectRouter,
  routerOptions: ConnectRouterOptions,
  { routes, unaryFastPath = true, onWarning = printWarning }: RpcOptions,
): ReadonlyMap<string, UnaryMethod> {
  const fault = unaryFastPath ? findVersionFault(readConnectVersion()) : undefined;
  if (fault !== undefined) onWarning(fault);
  const isOff = !unaryFastPath || fault !== undefined;
  const recorded = isOff
    ? { router, methods: new Map<string, UnaryMethod>() }
    : recordMethods(router, validateUniversalHandlerOptions(routerOptions));
  describeRouter(recorded.router, routerOptions);
  routes(recorded.router);
  return recorded.methods;
}

function printWarning(message: string): void {
  // biome-ignore lint/suspicious/noConsole: a warning must be seen also where no log was given
  console.warn(`countersign: ${message}`);
}

type CallWithBody = UniversalServerRequest & { readonly body: AsyncIterable<Uint8Array> };

function toRouterOptions(options: RpcOptions): ConnectRouterOptions {
  return {
    readMaxBytes: options.readMaxBytes ?? DEFAULT_READ_MAX_BYTES,
    writeMaxBytes: options.writeMaxBytes ?? DEFAULT_WRITE_MAX_BYTES,
    acceptCompression: [...COMPRESSIONS],
    requestGate: options.requestGate,
    interceptors: [...options.interceptors],
    jsonOptions: resolveJsonOptions(options.jsonOptions),
    ...(options.binaryOptions === undefined ? {} : { binaryOptions: options.binaryOptions }),
    ...(options.shutdownSignal === undefined ? {} : { shutdownSignal: options.shutdownSignal }),
  };
}

/** Say whether the request of a method is one message, which must arrive before anything can happen. */
function takesOneMessage(method: DescMethod): boolean {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

/**
 * Say in the answer itself that it closes the connection. From 2.3 on Connect would otherwise wait for the rest of the
 * body, for as long as the caller likes, before it answers.
 */
function withConnection(response: UniversalServerResponse, res: HttpResponse): UniversalServerResponse {
  if (isHttp2Response(res) || res.getHeader("connection") !== "close") return response;
  const header = new Headers(response.header);
  header.set("connection", "close");
  return { ...response, header };
}

/** Connect knows the trailer only after the last message. */
function guardTrailers(res: Http2ServerResponse): void {
  const addTrailers = res.addTrailers.bind(res);
  res.addTrailers = (trailers) => {
    dropConnectionFields(trailers);
    addTrailers(trailers);
  };
}

function ignore(): void {}

function isCallerGone(reason: unknown): boolean {
  const { code } = ConnectError.from(reason);
  return code === Code.Aborted || code === Code.Canceled;
}
