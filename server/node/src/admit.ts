import { continueWhenRead } from "./exchange/expect-continue.ts";
import { findRequestFault, respondFault } from "./exchange/request-fault.ts";
import { createRequestOrder } from "./exchange/request-order.ts";
import type { RequestHandler } from "./handler.ts";
import type { HttpLimits } from "./limits.ts";

/** What a listener hands requests to. */
export interface Admission {
  /** Takes every request. */
  readonly handle: RequestHandler;
  /** Takes those whose client waits for `100 Continue`. */
  readonly handleExpecting: RequestHandler;
}

/** Have a handler get the requests only that a server may serve, one after the other on a connection of HTTP/1.1. */
export function createAdmission(
  serve: RequestHandler,
  { maxPipelinedRequests }: Pick<HttpLimits, "maxPipelinedRequests">,
): Admission {
  const order = createRequestOrder(maxPipelinedRequests);
  const handle: RequestHandler = (req, res) => {
    if (order.waits(req, res, () => handle(req, res))) {
      return;
    }
    const fault = findRequestFault(req);
    if (fault === undefined) {
      serve(req, res);
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
  };
}
