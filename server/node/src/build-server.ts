import { hostOf } from "@countersign/server/internal";
import { createCors } from "./cors.ts";
import { type JsonDocument, serveDocument } from "./documents.ts";
import { stopUnreadBody, whenParsed } from "./exchange/reject-early.ts";
import { createOriginReader, type OriginReader } from "./exchange/request-origin.ts";
import { isOriginForm } from "./exchange/request-target.ts";
import {
  type HttpHandler,
  type HttpRequest,
  type HttpResponse,
  isGone,
  type RequestHandler,
} from "./handler.ts";
import { respondJson } from "./respond.ts";
import { createRpcs, type RpcOptions } from "./rpc-handler.ts";
import { respondUnknownRpc } from "./unknown-rpc.ts";

/** What a server answers. */
export interface RequestListenerOptions extends RpcOptions {
  /** Public documents by their path, such as `/.well-known/jwks.json`. */
  readonly documents?: Readonly<Record<string, JsonDocument>>;
  /** Other endpoints by their path. They answer for themselves, and get their bodies unread. */
  readonly endpoints?: Readonly<Record<string, RequestHandler>>;
  /** Is asked about requests for anything else, such as the files of a page. Absent: there is nothing else. */
  readonly pages?: PageHandler;
  /** The origins whose scripts may call. Default: none but the server's own. */
  readonly allowedOrigins?: readonly string[];
}

/** Answers a request when it has what the path names; resolves to `"missing"`, with nothing sent, when it has not. */
export type PageHandler = (
  req: HttpRequest,
  res: HttpResponse,
  pathname: string,
) => Promise<"answered" | "missing">;

/**
 * Put the whole HTTP side of a server together, without listening: RPCs, public documents, files, and CORS.
 *
 * The returned handler is for `listen`, and its `handle` for the servers of `node:http` and `node:http2`. It never throws; a target
 * or host that is not well-formed is answered with 400, an RPC that is not served as its protocol says so, anything else
 * that is unknown with 404.
 *
 * @throws TypeError when an allowed origin is not an origin
 */
export function buildRequestListener(options: RequestListenerOptions): HttpHandler {
  const originOf = createOriginReader();
  const cors = createCors(options.allowedOrigins);
  const rpcs = createRpcs(options, (origin) => cors.fieldsFor(origin));
  const documents = new Map(Object.entries(options.documents ?? {}));
  const endpoints = new Map(Object.entries(options.endpoints ?? {}));

  const answerOther = async (req: HttpRequest, res: HttpResponse, pathname: string): Promise<void> => {
    await new Promise<void>((resolve) => whenParsed(req, resolve));
    stopUnreadBody(req, res);
    const document = documents.get(pathname);
    if (document !== undefined) {
      await serveDocument(req, res, document);
      return;
    }
    if ((await options.pages?.(req, res, pathname)) === "answered") return;
    if (respondUnknownRpc(req, res) !== "answered") respondJson(res, 404, { error: "not found" });
  };
  const answer = (req: HttpRequest, res: HttpResponse): void => {
    const pathname = pathnameOf(req, originOf);
    if (pathname === undefined) {
      respondUnread(req, res, { status: 400, error: "bad request" });
      return;
    }
    if (cors.apply(req, res) === "answered") return;
    const handler = rpcs.find(pathname) ?? endpoints.get(pathname);
    if (handler !== undefined) {
      handler(req, res);
      return;
    }
    answerOther(req, res, pathname).catch((reason: unknown) => fail(req, res, reason));
  };
  const fail = (req: HttpRequest, res: HttpResponse, reason: unknown): void => {
    if (!isGone(res)) options.onError?.(reason);
    if (res.headersSent) res.destroy();
    else respondUnread(req, res, { status: 500, error: "internal error" });
  };
  const handle = (req: HttpRequest, res: HttpResponse): void => {
    try {
      answer(req, res);
    } catch (reason) {
      fail(req, res, reason);
    }
  };
  return { handle, onStream: rpcs.onStream };
}

function respondUnread(
  req: HttpRequest,
  res: HttpResponse,
  { status, error }: { readonly status: number; readonly error: string },
): void {
  stopUnreadBody(req, res);
  respondJson(res, status, { error });
}

/** The path of a request, or `undefined` when its target or its host is not well-formed. */
function pathnameOf(req: HttpRequest, originOf: OriginReader): string | undefined {
  const target = req.url ?? "";
  if (!isOriginForm(target)) return undefined;
  const origin = originOf("http", hostOf(req));
  if (origin === undefined || !URL.canParse(target, origin)) return undefined;
  // The text before the query as it was sent: what URL makes of it may be another path.
  return target.split("?", 1)[0];
}
