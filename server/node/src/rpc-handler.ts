import type { Http2ServerResponse } from "node:http2";
import type { DescMethod } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type ConnectRouter,
  type ConnectRouterOptions,
  createConnectRouter,
} from "@connectrpc/connect";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import {
  boundResponse,
  DEFAULT_LIMITS,
  describeRouter,
  hasGate,
  limitTimeout,
  resolveWarningSink,
  serveWebText,
  setCounted,
} from "@countersign/server/internal";
import { type RecordedMethods, recordMethods } from "./call/methods.ts";
import { COMPRESSIONS } from "./compressions.ts";
import {
  type UniversalServerRequest,
  type UniversalServerResponse,
  validateUniversalHandlerOptions,
} from "./connect-protocol.ts";
import { findVersionFault, readConnectVersion } from "./connect-version.ts";
import { createArrivals, toArriving } from "./exchange/arrivals.ts";
import { dropConnectionFields } from "./exchange/connection-fields.ts";
import { sendHeaderAtOpen } from "./exchange/header-at-open.ts";
import { createMessageMeter, packEnvelopes, packParts } from "./exchange/pack-parts.ts";
import { stopUnreadBody } from "./exchange/reject-early.ts";
import { countAnswer, type NodeCall } from "./exchange/unsent-answer.ts";
import {
  countBody,
  createSum,
  createWaitingBody,
  sizeOfHeader,
  type WaitingBody,
} from "./exchange/waiting-bytes.ts";
import { createFastPath, type FastPathOptions } from "./fast-path.ts";
import {
  type HttpResponse,
  isHttp2Request,
  isHttp2Response,
  type RequestHandler,
  type StreamHandler,
} from "./handler.ts";
import { respondFailure } from "./respond.ts";
import { type RpcOptions, toRouterOptions } from "./rpc-options.ts";

/** What the rest of the server adds to each call. */
export type RpcContext = Pick<FastPathOptions, "contextValues" | "corsFieldsFor" | "waiting" | "unsent">;

/** The RPCs of a server. */
export interface Rpcs {
  /** Find the handler of an RPC by its path; `undefined` when there is none. */
  find(pathname: string): RequestHandler | undefined;
  /** Takes calls off their streams. */
  readonly onStream: StreamHandler;
}

/**
 * Create the handlers of the RPCs, for the protocols gRPC, gRPC-Web and Connect.
 *
 * It does what `connectNodeAdapter` does, and three things more: a failure outside a call is answered instead of
 * leaving the caller to wait, it goes to `onError` instead of the console, and a body that is no longer wanted is
 * neither read on nor turned into a broken connection.
 */
export function createRpcs(options: RpcOptions, context: RpcContext): Rpcs {
  const { contextValues } = context;
  const { arrivalTimeoutMs = DEFAULT_LIMITS.buildRequestListener.arrivalTimeoutMs } = options;
  const arrivals = createArrivals(arrivalTimeoutMs);
  const routerOptions = toRouterOptions(options);
  const router = createConnectRouter(routerOptions);
  const methods = registerRoutes(router, routerOptions, options);
  const fastPath = createFastPath(methods, {
    requestGate: options.requestGate,
    contextValues,
    shutdownSignal: options.shutdownSignal,
    arrivals,
    waiting: context.waiting,
    unsent: context.unsent,
    compressions: COMPRESSIONS,
    corsFieldsFor: context.corsFieldsFor,
    onError: (error) => options.onError?.(error),
  });
  const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));

  const find = (pathname: string): RequestHandler | undefined => {
    const handler = handlers.get(pathname);
    if (handler === undefined) {
      return undefined;
    }
    const answerCall = (request: CallWithBody, { req, res }: NodeCall, waiting: WaitingBody) => {
      const headerBytes = sizeOfHeader(req.rawHeaders);
      if (!takesOneMessage(handler.method)) {
        // For as long as it lasts, whatever comes of its body.
        createWaitingBody(req, res, context.waiting).hold(headerBytes);
        const counted = countBody(request.body, waiting, createMessageMeter());
        return handler({ ...request, body: packEnvelopes(counted) });
      }
      const arriving = toArriving(req);
      arrivals.add(arriving);
      waiting.hold(headerBytes);
      const body = packParts(countBody(request.body, waiting, createSum(headerBytes)));
      return handler({ ...request, body }).finally(() => arrivals.delete(arriving));
    };
    return (req, res) => {
      // When a connection of HTTP/1.1 breaks at the wrong moment it has no other listener any more, and the process
      // would end. What the call must know of it, its signal says. Over HTTP/2 Node emits errors on neither, and a
      // listener on the response would make each write slower.
      if (!isHttp2Request(req) && !isHttp2Response(res)) {
        req.on("error", ignore);
        res.on("error", ignore);
        if (fastPath.onRequest(req, res)) {
          return;
        }
      }
      const call = async (): Promise<void> => {
        const values = setCounted(contextValues?.(req, res));
        // Not all routes have a gate of their own, which would do it.
        const request = limitTimeout(universalRequestFromNodeRequest(req, res, undefined, values));
        // The iterator must not destroy the request when a handler stops reading: that would cut off its answer.
        const body: AsyncIterable<Uint8Array> = req.iterator({ destroyOnReturn: false });
        const waiting = createWaitingBody(req, res, context.waiting);
        sendHeaderAtOpen(req, res);
        // Outside of what counts bodies: it counts what is decoded.
        const answered = await serveWebText({ ...request, body }, async (decoded) => {
          const response = await answerCall(decoded, { req, res }, waiting);
          // What has a gate does so by itself, in any adapter.
          return hasGate(handler) ? response : boundResponse(response);
        });
        if (waiting.isBrokenOff) {
          return;
        }
        stopUnreadBody(req, res);
        if (isHttp2Response(res)) {
          guardTrailers(res);
        }
        const response = countAnswer(answered, { req, res }, context);
        await universalResponseToNodeResponse(withConnection(response, res), res);
      };
      call().catch((reason: unknown) => {
        if (!isCallerGone(reason)) {
          options.onError?.(reason);
        }
        respondFailure(res);
      });
    };
  };
  return { find, onStream: fastPath.onStream };
}

/** Register the services. @returns the methods that take the fast path */
function registerRoutes(
  router: ConnectRouter,
  routerOptions: ConnectRouterOptions,
  { routes, unaryFastPath = true, streamFastPath = unaryFastPath, onWarning }: RpcOptions,
): RecordedMethods {
  const isWanted = unaryFastPath || streamFastPath;
  const fault = isWanted ? findVersionFault(readConnectVersion()) : undefined;
  if (fault !== undefined) {
    resolveWarningSink(onWarning)(fault);
  }
  const isOn = isWanted && fault === undefined;
  const none: RecordedMethods = { methods: new Map(), streams: new Map() };
  const recorded = isOn
    ? recordMethods(router, validateUniversalHandlerOptions(routerOptions))
    : { router, ...none };
  describeRouter(recorded.router, routerOptions);
  routes(recorded.router);
  return {
    methods: unaryFastPath ? recorded.methods : none.methods,
    streams: streamFastPath ? recorded.streams : none.streams,
  };
}

type CallWithBody = UniversalServerRequest & { readonly body: AsyncIterable<Uint8Array> };

/** Check whether the request of a method is one message, which must arrive before anything can happen. */
function takesOneMessage(method: DescMethod): boolean {
  return method.methodKind === "unary" || method.methodKind === "server_streaming";
}

/**
 * Announce in the answer itself that it closes the connection. From 2.3 on Connect would otherwise wait for the rest of
 * the body, for as long as the caller likes, before it answers.
 */
function withConnection(response: UniversalServerResponse, res: HttpResponse): UniversalServerResponse {
  if (isHttp2Response(res) || res.getHeader("connection") !== "close") {
    return response;
  }
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
