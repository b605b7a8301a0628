import { createContextValues } from "@connectrpc/connect";
import { type Endpoint, setPeer } from "@countersign/server";
import {
  clientCertificateOf,
  createByteBudget,
  hostOf,
  isOriginForm,
  resolveWaitingLimits,
  resolveWarningSink,
} from "@countersign/server/internal";
import { createCors } from "./cors.ts";
import { stopUnreadBody, whenParsed } from "./exchange/reject-early.ts";
import { BAD_REQUEST, findRequestFault, respondFault } from "./exchange/request-fault.ts";
import { createRequestOrder } from "./exchange/request-order.ts";
import { createOriginReader, type OriginReader } from "./exchange/request-target.ts";
import { schemeOf } from "./exchange/to-request.ts";
import { findMaxWaitingBytes, holdRequest, toUnsentLimits } from "./exchange/waiting-bytes.ts";
import {
  type CallRequest,
  type HoldWaiting,
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  isGone,
  isHttp2Request,
  isHttp2Response,
} from "./handler.ts";
import { assertListenerOptions, type RequestListenerOptions } from "./listener-options.ts";
import { createPeerQuestion, createPeerReader } from "./read-peer.ts";
import { respondFailure, respondJson } from "./respond.ts";
import { createRpcs } from "./rpc-handler.ts";
import type { RpcOptions } from "./rpc-options.ts";
import { serveEndpoint, servePage, type Target } from "./serve-endpoint.ts";
import { respondUnknownRpc } from "./unknown-rpc.ts";

/**
 * Put the whole HTTP side of a server together, without listening: RPCs, endpoints, files, and CORS.
 *
 * The returned handler is for `listen`, and its `handle` for the servers of `node:http` and `node:http2`. It never
 * throws; a target or host that is not well-formed is answered with 400, an RPC that is not served as its protocol says
 * so, anything else that is unknown with 404.
 *
 * @throws TypeError when an option has no known name, a limit is not a positive whole number, an allowed origin is not an origin, or an allowed header not the name of one
 */
export function buildRequestListener(options: RequestListenerOptions): HttpHandler {
  assertListenerOptions(options);
  const originOf = createOriginReader();
  const cors = createCors(options);
  const askPeer = createPeerQuestion(options);
  const peerOf = createPeerReader(askPeer);
  const limits = resolveWaitingLimits(options, findMaxWaitingBytes());
  const waiting = { budget: createByteBudget(limits), peerOf };
  const unsent = createByteBudget(toUnsentLimits(limits, options.writeMaxBytes));
  const certificateOf = (req: HttpRequest, res: HttpResponse) =>
    clientCertificateOf(options.contextValues?.(req, res) ?? createContextValues());
  const count = { waiting, unsent, certificateOf };
  const holdWaiting: HoldWaiting = (req, res) => holdRequest(req, res, waiting);
  const order = createRequestOrder(undefined, holdWaiting);
  const rpcs = createRpcs(options, {
    waiting,
    unsent,
    contextValues: options.peerOf === undefined ? options.contextValues : withPeers(options, askPeer),
    corsFieldsFor: (origin) => cors.fieldsFor(origin),
  });
  const endpoints = new Map(Object.entries(options.endpoints ?? {}));
  const documents = documentsBeside(endpoints, options);

  const answerOther = async (req: HttpRequest, res: HttpResponse, target: Target): Promise<void> => {
    listenToErrors(req, res);
    await new Promise<void>((resolve) => whenParsed(req, resolve));
    const endpoint = documents.get(target.pathname) ?? endpoints.get(target.pathname);
    if (endpoint !== undefined) {
      await serveEndpoint(req, res, { endpoint, url: target.url, count });
      return;
    }
    const { pages } = options;
    if (pages !== undefined && (await servePage(req, res, { pages, target, count })) === "answered") {
      return;
    }
    stopUnreadBody(req, res);
    if (respondUnknownRpc(req, res) !== "answered") {
      respondJson(res, 404, { error: "not found" });
    }
  };
  const answer = (req: HttpRequest, res: HttpResponse): void => {
    const fault = findRequestFault(req);
    const target = fault === undefined ? targetOf(req, originOf) : undefined;
    if (target === undefined) {
      respondFault(req, res, fault ?? BAD_REQUEST);
      return;
    }
    // Documents are for every origin: those that are allowed are not to be mixed in.
    if (!documents.has(target.pathname) && cors.apply(req, res) === "answered") {
      return;
    }
    const handle = rpcs.find(target.pathname);
    if (handle !== undefined) {
      handle(req, res);
      return;
    }
    answerOther(req, res, target).catch((reason: unknown) => fail(req, res, reason));
  };
  const fail = (req: HttpRequest, res: HttpResponse, reason: unknown): void => {
    if (!isGone(res)) {
      options.onError?.(reason);
    }
    if (res.headersSent) {
      respondFailure(res);
    } else {
      respondFault(req, res, { status: 500, error: "internal error" });
    }
  };
  const handle = (req: HttpRequest, res: HttpResponse): void => {
    if (order.waits(req, res, () => handle(req, res))) {
      return;
    }
    try {
      answer(req, res);
    } catch (reason) {
      fail(req, res, reason);
    }
  };
  return { handle, onStream: rpcs.onStream, holdWaiting, drain: options.drain };
}

/** The documents that no endpoint of the application takes the place of. */
function documentsBeside(
  endpoints: ReadonlyMap<string, Endpoint>,
  { documents = {}, onWarning }: RequestListenerOptions,
): ReadonlyMap<string, Endpoint> {
  const warn = resolveWarningSink(onWarning);
  const all = new Map(Object.entries(documents));
  for (const path of endpoints.keys()) {
    if (all.delete(path)) {
      warn(`endpoint ${path} takes the place of the document that createAuth has for it`);
    }
  }
  return all;
}

/** When a connection of HTTP/1.1 breaks at the wrong moment, an error without a listener would end the process. */
function listenToErrors(req: HttpRequest, res: HttpResponse): void {
  if (isHttp2Request(req) || isHttp2Response(res)) {
    return;
  }
  req.on("error", ignore);
  res.on("error", ignore);
}

function ignore(): void {}

/** Let RPCs know where they come from. */
function withPeers(
  { contextValues }: RequestListenerOptions,
  askPeer: (req: CallRequest) => string,
): RpcOptions["contextValues"] {
  return (req, res) => {
    const values = contextValues?.(req, res) ?? createContextValues();
    const said = askPeer(req);
    return said === "" ? values : setPeer(values, said);
  };
}

/** The target of a request; `undefined` when it or the host is not well-formed. */
function targetOf(req: HttpRequest, originOf: OriginReader): Target | undefined {
  const target = req.url ?? "";
  if (!isOriginForm(target)) {
    return undefined;
  }
  const origin = originOf(schemeOf(req), hostOf(req));
  if (origin === undefined || !URL.canParse(target, origin)) {
    return undefined;
  }
  // The text before the query as it was sent: what URL makes of it may be another path.
  return { pathname: target.split("?", 1)[0] ?? "", url: `${origin}${target}` };
}
