import type { ServerResponse } from "node:http";
import type { ServerHttp2Stream } from "node:http2";
import { type HttpRequest, type HttpResponse, isGone, isHttp2Request, isHttp2Response } from "../handler.ts";
import type { WaitingBody } from "./waiting-bytes.ts";

/**
 * Find the scheme that a request came over. A proxy in front that speaks TLS does not count: the request came from it.
 */
export function schemeOf(req: HttpRequest): "http" | "https" {
  const isEncrypted = isHttp2Request(req)
    ? req.stream.session?.encrypted === true
    : "encrypted" in req.socket && req.socket.encrypted === true;
  return isEncrypted ? "https" : "http";
}

/**
 * Convert a request of Node.js to one of the Fetch API, whose body is read when it is asked for, and whose signal
 * aborts when the client has left. A field that stands more than once is one with the values joined by commas.
 *
 * @param options its whole URL, and what counts what was read of its body
 * @returns undefined when the Fetch API has no such request, as with the method TRACE
 */
export function toRequest(
  req: HttpRequest,
  res: HttpResponse,
  { url, waiting }: { readonly url: string; readonly waiting?: WaitingBody },
): Request | undefined {
  const { method = "" } = req;
  const hasBody = method !== "GET" && method !== "HEAD";
  try {
    const bare = { method, headers: toHeaders(req.rawHeaders), signal: signalOf(res) };
    // A name of its own: the types of browsers do not know `duplex`, which a stream needs.
    const init = hasBody ? ({ ...bare, body: toBody(req, waiting), duplex: "half" } as const) : bare;
    const request = new Request(url, init);
    // The Fetch API takes `post` for POST. A proxy in front may have taken it for something else.
    return request.method === method ? request : undefined;
  } catch {
    // It refuses some methods and some values of fields.
    return undefined;
  }
}

function toHeaders(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const [name = "", value = ""] = rawHeaders.slice(at, at + 2);
    // Over HTTP/2 the method and the path stand among the fields.
    if (!name.startsWith(":")) {
      headers.append(name, value);
    }
  }
  return headers;
}

function signalOf(res: HttpResponse): AbortSignal {
  const left = new AbortController();
  if (isGone(res)) {
    left.abort();
  }
  const sent = isHttp2Response(res) ? res.stream : res;
  sent.once("close", () => {
    if (isBrokenOff(sent)) {
      left.abort();
    }
  });
  return left.signal;
}

/** Over HTTP/2 Node finishes what is to be sent when the client resets the stream, and says that it was aborted. */
function isBrokenOff(sent: ServerHttp2Stream | ServerResponse): boolean {
  return !sent.writableFinished || ("aborted" in sent && sent.aborted);
}

function toBody(req: HttpRequest, waiting: WaitingBody | undefined): ReadableStream<Uint8Array> {
  // The iterator must not destroy the request when reading stops: that would cut off the answer.
  const parts: AsyncIterator<Buffer> = req.iterator({ destroyOnReturn: false });
  let bytes = 0;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const part = await parts.next();
        if (part.done === true) {
          // Nothing waits for the rest any more, however long the answer takes.
          waiting?.release();
          controller.close();
          return;
        }
        bytes += part.value.length;
        waiting?.hold(bytes);
        controller.enqueue(part.value);
      },
      cancel() {
        waiting?.release();
        // Not waited for: a read that waits for the client may wait for ever.
        parts.return?.().catch(() => undefined);
      },
    },
    // Nothing is read ahead of the endpoint: an answer without the body must not begin to receive it.
    { highWaterMark: 0 },
  );
}
