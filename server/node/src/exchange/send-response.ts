import type { OutgoingHttpHeaders } from "node:http";
import { type HttpResponse, isGone, isHttp2Response } from "../handler.ts";
import { isConnectionField } from "./connection-fields.ts";
import { stopUnreadBody } from "./reject-early.ts";
import { createUnsentParts, type NodeCall, type UnsentCount, type UnsentParts } from "./unsent-answer.ts";

/** Fields that may stand twice: with those that are set already, such as `vary` for other origins, or by themselves. */
const APPENDED: ReadonlySet<string> = new Set(["set-cookie", "vary"]);

/** What Node and the Fetch API keep of a request while its answer waits, in bytes: 25 to 28 KB are measured. */
const EXCHANGE_BYTES = 32 * 1024;

/**
 * Send a response of the Fetch API, as fast as the client takes it. What has not been read of the request is stopped;
 * when the client has left, the body of the response is cancelled.
 *
 * @param count counts what the client does not take
 * @throws what the body throws, or Node when it does not take a field of the header
 */
export async function sendResponse(call: NodeCall, response: Response, count: UnsentCount): Promise<void> {
  const { req, res } = call;
  const { body } = response;
  if (isGone(res)) {
    await body?.cancel();
    return;
  }
  const before = res.getHeaders();
  try {
    setHeaders(res, response);
    stopUnreadBody(req, res);
    if (body === null || req.method === "HEAD") {
      res.end();
      await body?.cancel();
    } else {
      await pipe(body, res, createUnsentParts(call, count, EXCHANGE_BYTES));
    }
  } catch (cause) {
    restoreHeaders(res, before);
    throw cause;
  }
}

function setHeaders(res: HttpResponse, { status, headers }: Response): void {
  for (const [name, value] of headers) {
    if (APPENDED.has(name)) {
      res.appendHeader(name, value);
    } else if (!isConnectionField(name)) {
      res.setHeader(name, value);
    }
  }
  res.statusCode = status;
}

/** Nothing of a response that failed must stand in the answer that says so: no cookie, no encoding. */
function restoreHeaders(res: HttpResponse, before: OutgoingHttpHeaders): void {
  if (res.headersSent || isGone(res)) {
    return;
  }
  for (const name of res.getHeaderNames()) {
    res.removeHeader(name);
  }
  for (const [name, value] of Object.entries(before)) {
    if (value !== undefined) {
      res.setHeader(name, value);
    }
  }
}

async function pipe(body: ReadableStream<Uint8Array>, res: HttpResponse, unsent: UnsentParts): Promise<void> {
  const reader = body.getReader();
  const stop = (): void => void reader.cancel().catch(() => undefined);
  const onTaken = (): void => unsent.count();
  res.once("close", stop);
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    if (isGone(res)) {
      continue;
    }
    const takesMore = write(res, part.value, onTaken);
    unsent.count();
    if (!takesMore) {
      await untilDrained(res);
    }
  }
  res.off("close", stop);
  res.end();
}

/** @returns whether more may be written at once */
function write(res: HttpResponse, part: Uint8Array, onTaken: () => void): boolean {
  return isHttp2Response(res) ? res.write(part, onTaken) : res.write(part, onTaken);
}

function untilDrained(res: HttpResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off("drain", done).off("close", done);
      resolve();
    };
    res.once("drain", done).once("close", done);
  });
}
