import type { Endpoint, EndpointContext } from "@countersign/server";
import { stopUnreadBody } from "./exchange/reject-early.ts";
import { sendResponse } from "./exchange/send-response.ts";
import { toRequest } from "./exchange/to-request.ts";
import type { UnsentCount } from "./exchange/unsent-answer.ts";
import { createWaitingBody, type WaitingCount } from "./exchange/waiting-bytes.ts";
import type { HttpRequest, HttpResponse } from "./handler.ts";
import { respondJson } from "./respond.ts";

/** Answers a request when it has what the path names; resolves to `undefined` when it has not. */
export type PageHandler = (request: Request) => Promise<Response | undefined>;

/** Where a request goes. */
export interface Target {
  /** The text of the path as it was sent. */
  readonly pathname: string;
  /** The whole URL. */
  readonly url: string;
}

/** What requests and their answers are counted with. */
interface ExchangeCount extends UnsentCount {
  /** Counts what has come of a body, and says where it comes from. */
  readonly waiting: WaitingCount;
  /** Finds the certificate of the client. */
  readonly certificateOf: (req: HttpRequest, res: HttpResponse) => EndpointContext["certificate"];
}

/**
 * Have an endpoint of the Fetch API answer a request of Node.js.
 *
 * @throws what the endpoint throws
 */
export async function serveEndpoint(
  req: HttpRequest,
  res: HttpResponse,
  {
    endpoint,
    url,
    count,
  }: { readonly endpoint: Endpoint; readonly url: string; readonly count: ExchangeCount },
): Promise<void> {
  const { waiting, certificateOf } = count;
  const body = createWaitingBody(req, res, waiting);
  const request = toRequest(req, res, { url, waiting: body });
  if (request === undefined) {
    stopUnreadBody(req, res);
    respondJson(res, 501, { error: "not implemented" });
    return;
  }
  try {
    const context: EndpointContext = {
      peer: waiting.peerOf(req),
      get certificate() {
        return certificateOf(req, res);
      },
    };
    await sendResponse({ req, res }, await endpoint(request, context), count);
  } finally {
    body.release();
  }
}

/**
 * Have a page answer a request of Node.js. It gets GET and HEAD only, and no path that is written otherwise than in its
 * URL: `/a/../b` is missing.
 *
 * @throws what the handler of pages throws
 */
export async function servePage(
  req: HttpRequest,
  res: HttpResponse,
  {
    pages,
    target,
    count,
  }: { readonly pages: PageHandler; readonly target: Target; readonly count: UnsentCount },
): Promise<"answered" | "missing"> {
  const isRead = req.method === "GET" || req.method === "HEAD";
  if (!isRead || new URL(target.url).pathname !== target.pathname) {
    return "missing";
  }
  const request = toRequest(req, res, { url: target.url });
  const page = request === undefined ? undefined : await pages(request);
  if (page === undefined) {
    return "missing";
  }
  await sendResponse({ req, res }, page, count);
  return "answered";
}
