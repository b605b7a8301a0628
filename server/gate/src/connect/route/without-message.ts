import type { ConnectRouter } from "@connectrpc/connect";

/** What a handler of Connect takes. */
export type HandlerRequest = Parameters<ConnectRouter["handlers"][number]>[0];

/** What may keep a call from its handler before that sees it: how it is encoded, and how long it may take. */
const OBSTACLES = [
  "content-encoding",
  "content-length",
  "connect-content-encoding",
  "connect-timeout-ms",
  "grpc-encoding",
  "grpc-timeout",
];

/**
 * Put an empty message in the place of that of a call, so that it gets as far as its handler whatever was sent: nothing of
 * the body is read, decompressed or parsed.
 */
export function withoutMessage(request: HandlerRequest): HandlerRequest {
  const header = new Headers(request.header);
  for (const name of OBSTACLES) {
    header.delete(name);
  }
  const contentType = header.get("content-type") ?? "";
  const [path = ""] = request.url.split("?", 1);
  const url = request.method === "GET" ? `${path}?connect=v1&encoding=json&message=%7B%7D` : request.url;
  return { ...request, url, header, body: once(emptyMessage(contentType)) };
}

/** Messages of streams, and all of gRPC, have a flag and their length before them. */
function emptyMessage(contentType: string): Uint8Array<ArrayBuffer> {
  const message = contentType.includes("json") ? [0x7b, 0x7d] : [];
  const isEnveloped = /^application\/(grpc|connect\+)/i.test(contentType);
  return new Uint8Array(isEnveloped ? [0, 0, 0, 0, message.length, ...message] : message);
}

async function* once(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield bytes;
}
