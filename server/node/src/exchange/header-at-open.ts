import type { OutgoingHttpHeaders } from "node:http";
import { isWebText, ON_OPENED, type OpeningListener, toTextHeader } from "@countersign/server/internal";
import { type HttpRequest, type HttpResponse, isGone, isHttp2Request, isHttp2Response } from "../handler.ts";
import { toFields } from "./to-fields.ts";

/**
 * See to it that a stream which may be renewed sends the header of its answer when it opens, also where Connect's handler
 * serves it: that handler hands over no header before there is a message.
 */
export function sendHeaderAtOpen(req: HttpRequest, res: HttpResponse): void {
  const opened: HttpRequest & { [ON_OPENED]?: OpeningListener } = req;
  opened[ON_OPENED] = {
    // Its interceptors and its handler are only about to run: what they add to the header at once is in it.
    onOpened(header, onSent) {
      setImmediate(() => {
        if (sendHeader(req, res, header)) {
          onSent(header);
        }
      });
    },
  };
}

/** @returns whether it has been sent */
function sendHeader(req: HttpRequest, res: HttpResponse, header: Headers): boolean {
  // Over HTTP/1.1 an answer that begins before all of its request is there closes the connection.
  const isWhole = isHttp2Request(req) || req.complete;
  if (!isWhole || res.headersSent || isGone(res)) {
    return res.headersSent;
  }
  try {
    begin(res, toFields(isWebText(req.headers["content-type"] ?? "") ? toTextHeader(header) : header));
    return true;
  } catch {
    // Connect hands over the same header with the first message, and reports that Node does not take it.
    return false;
  }
}

/** Connect hands over the header once more with the first message: it has been written by then. */
function begin(res: HttpResponse, fields: OutgoingHttpHeaders): void {
  if (isHttp2Response(res)) {
    res.writeHead(200, fields);
    res.writeHead = () => res;
  } else {
    res.writeHead(200, fields).flushHeaders();
    res.writeHead = () => res;
  }
}
