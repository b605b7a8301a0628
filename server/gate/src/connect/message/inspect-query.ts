import { base64Decode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HandlerRequest } from "../route/without-message.ts";
import { findDecompress } from "./decompress.ts";
import { tooLarge } from "./inspect-whole.ts";
import type { MessageInspector } from "./message-inspector.ts";

/** How the message in an address is looked at. */
export interface QueryInspection {
  readonly inspector: MessageInspector;
  /** How large a message may be, in bytes. */
  readonly maxBytesOf: (isBinary: boolean) => number;
}

/**
 * Look at the message that a GET request has in its address. An address is short, but what it has in it may be compressed.
 *
 * @throws ConnectError when it takes too much to read
 */
export function inspectQuery(
  request: HandlerRequest,
  { inspector, maxBytesOf }: QueryInspection,
): HandlerRequest | Promise<HandlerRequest> {
  const query = new URL(request.url).searchParams;
  const isBinary = query.get("encoding") === "proto";
  const maxBytes = maxBytesOf(isBinary);
  const sent = readMessage(query);
  const compression = query.get("compression");
  if (sent === undefined) {
    return request;
  }
  const inspect = (message: Uint8Array): HandlerRequest => {
    if (message.length > maxBytes) {
      throw tooLarge(maxBytes, message.length);
    }
    inspector.inspect(message, isBinary);
    return request;
  };
  if (compression === null || compression === "identity") {
    return inspect(sent);
  }
  const decompress = findDecompress(compression);
  if (decompress === undefined) {
    throw new ConnectError(
      "the message is compressed in a way that this server does not know",
      Code.Unimplemented,
    );
  }
  return decompress(sent, maxBytes).then(inspect);
}

/** @returns undefined when it cannot be read, which Connect refuses */
function readMessage(query: URLSearchParams): Uint8Array | undefined {
  const message = query.get("message") ?? "";
  if (query.get("base64") !== "1") {
    return new TextEncoder().encode(message);
  }
  try {
    return base64Decode(message);
  } catch {
    return undefined;
  }
}
