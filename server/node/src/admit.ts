import type { HostCheck } from "./allowed-hosts.ts";
import { continueWhenRead } from "./exchange/expect-continue.ts";
import { findRequestFault, respondFault } from "./exchange/request-fault.ts";
import { createRequestOrder } from "./exchange/request-order.ts";
import type { HttpHandler, RequestHandler, StreamHandler } from "./handler.ts";
import type { HttpLimits } from "./limits.ts";

/** What a listener hands requests to. */
export interface Admission {
  /** Takes every request. */
  readonly handle: RequestHandler;
  /** Takes those whose client waits for `100 Continue`. */
  readonly handleExpecting: RequestHandler;
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
  const order = createRequestOrder(maxPipelinedRequests);
  const handle: RequestHandler = (req, res) => {
    if (order.waits(req, res, () => handle(req, res))) {
      return;
    }
    const fault = findRequestFault(req) ?? checkHost(req.headers);
    if (fault === undefined) {
      handler.handle(req, res);
    } else {
      respondFault(req, res, fault);
    }
  };
  return {
    handle,
    handleExpecting(req, res) {
      continueWhenRead(req, res);
      handle(req, res);
    },
    // What is refused is answered as a request.
    onStream: (stream, headers, rawHeaders) =>
      checkHost(headers) === undefined && handler.onStream?.(stream, headers, rawHeaders) === true,
  };
}
