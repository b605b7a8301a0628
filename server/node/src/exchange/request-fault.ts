import { repeatsField } from "@countersign/server/internal";
import { type HttpRequest, type HttpResponse, isHttp2Request } from "../handler.ts";
import { respondJson } from "../respond.ts";
import { stopUnreadBody } from "./reject-early.ts";

/** Why a request is served by no handler. */
export interface RequestFault {
  /** The status of HTTP that it is answered with. */
  readonly status: number;
  /** What the caller is told. */
  readonly error: string;
}

export const BAD_REQUEST: RequestFault = { status: 400, error: "bad request" };
/** Why a request with another `Expect` than `100-continue` is refused. Node's own answer would not end its body. */
export const UNMET_EXPECTATION: RequestFault = { status: 417, error: "expectation failed" };
/** Why a CONNECT is refused: nothing here is a proxy. */
export const NO_TUNNEL: RequestFault = { status: 405, error: "method not allowed" };
const WRONG_VERSION: RequestFault = { status: 505, error: "HTTP version not supported" };
const UNKNOWN_CODING: RequestFault = { status: 501, error: "transfer coding not implemented" };

/**
 * Find what Node takes in a request of HTTP/1.1 and no server may: another version in its first line ([RFC 9110
 * §15.6.6](https://www.rfc-editor.org/rfc/rfc9110#section-15.6.6)), two fields `Host` ([RFC 9112
 * §3.2](https://www.rfc-editor.org/rfc/rfc9112#section-3.2)), and a transfer coding that is not undone before the body
 * is read ([RFC 9112 §6.1](https://www.rfc-editor.org/rfc/rfc9112#section-6.1)).
 *
 * @returns undefined when there is nothing, and of each request over HTTP/2
 */
export function findRequestFault(req: HttpRequest): RequestFault | undefined {
  if (isHttp2Request(req)) {
    return undefined;
  }
  if (req.httpVersionMajor !== 1) {
    return WRONG_VERSION;
  }
  const coding = req.headers["transfer-encoding"];
  if (coding !== undefined && req.httpVersionMinor === 0) {
    return BAD_REQUEST;
  }
  if (coding !== undefined && coding.toLowerCase() !== "chunked") {
    return UNKNOWN_CODING;
  }
  return repeatsField(req.rawHeaders, "host") ? BAD_REQUEST : undefined;
}

/** Answer a request that no handler gets. What it still sends is not read. */
export function respondFault(req: HttpRequest, res: HttpResponse, { status, error }: RequestFault): void {
  stopUnreadBody(req, res);
  respondJson(res, status, { error });
}
