import type { HostCheck } from "./allowed-hosts.ts";
import { continueWhenRead } from "./exchange/expect-continue.ts";
import {
  findRequestFault,
  type RequestFault,
  respondFault,
  UNMET_EXPECTATION,
} from "./exchange/request-fault.ts";
import { createRequestOrder } from "./exchange/request-order.ts";
import type { HttpHandler, HttpRequest, HttpResponse, RequestHandler, StreamHandler } from "./handler.ts";
import type { HttpLimits } from "./limits.ts";

/** What a listener hands requests to. */
export interface Admission {
  /** Takes every request. */
  readonly handle: RequestHandler;
  /** Takes those whose client waits for `100 Continue`. */
  readonly handleExpecting: RequestHandler;
  /** Takes those whose client expects anything else. */
  readonly refuseExpecting: RequestHandler;
  /** Is asked first about requests over HTTP/2. */
  readonly onStream: StreamHandler;
}

/**
 * Have a handler get the requests only that a server may serve, one after the other on a connection of HTTP/1.1.
 *
 * @param checkHost finds why a request is for no host that is answered
 */
export function createAdmission(
  handler: HttpHandler,
  checkHost: HostCheck,
  { maxPipelinedRequests }: Pick<HttpLimits, "maxPipelinedRequests">,
): Admission {
  const order = createRequestOrder(maxPipelinedRequests, handler.holdWaiting);
  const admit = (req: HttpRequest, res: HttpResponse, unmet?: RequestFault): void => {
    if (order.waits(req, res, () => admit(req, res, unmet))) {
      return;
    }
    const fault = findRequestFault(req) ?? checkHost(req.headers) ?? unmet;
    if (fault === undefined) {
      handler.handle(req, res);
    } else {
      respondFault(req, res, fault);
    }
  };
  return {
    handle: (req, res) => admit(req, res),
    handleExpecting(req, res) {
      continueWhenRead(req, res);
      admit(req, res);
    },
    refuseExpecting: (req, res) => admit(req, res, UNMET_EXPECTATION),
    // What is refused is answered as a request.
    onStream: (stream, headers, rawHeaders) =>
      checkHost(headers) === undefined && handler.onStream?.(stream, headers, rawHeaders) === true,
  };
}
