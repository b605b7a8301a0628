import type { OutgoingHttpHeaders } from "node:http2";
import { Code, ConnectError, type UnaryRequest } from "@connectrpc/connect";
import type { MethodCodec } from "./method-codec.ts";
import { RequestHeaders } from "./request-headers.ts";

/** What the header of a request is made for. */
export interface Target {
  readonly authority: string;
  readonly codec: MethodCodec;
}

/** Convert the header of a request to what Node sends. @throws ConnectError Internal when the URL is another server's */
export function toFields(
  { url, header, requestMethod }: Pick<UnaryRequest, "url" | "header" | "requestMethod">,
  target: Target,
): OutgoingHttpHeaders {
  const path = url === target.codec.url ? target.codec.path : toPath(url, target.authority);
  const plain = header instanceof RequestHeaders ? header.plainFields : undefined;
  const fields: Record<string, string | string[]> = { ":method": requestMethod, ":path": path, ...plain };
  for (const [name, value] of plain === undefined ? header : []) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    // Only cookies come more than once: Headers joins all others.
    fields[name] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}

/** The path of a URL that an interceptor has changed. */
function toPath(url: string, authority: string): string {
  const { origin, pathname, search } = new URL(url);
  if (origin !== authority) {
    const message = `cannot make a request to ${origin}: the http2 session is connected to ${authority}`;
    throw new ConnectError(message, Code.Internal);
  }
  return pathname + search;
}
