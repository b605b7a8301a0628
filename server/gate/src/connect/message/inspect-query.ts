import { base64Decode, base64Encode } from "@bufbuild/protobuf/wire";
import { Code, ConnectError } from "@connectrpc/connect";
import type { HandlerRequest } from "../route/without-message.ts";
import { findFormat } from "./decompress.ts";
import { createExpandMessage, type MessageRoom } from "./expand-message.ts";
import { tooLarge } from "./inspect-whole.ts";
import type { MessageInspector } from "./message-inspector.ts";

/** The field that says how answers may be compressed. */
const ACCEPT = "accept-encoding";

/** How the message in an address is looked at. */
export interface QueryInspection {
  readonly inspector: MessageInspector;
  /** How large a message may be, in bytes. */
  readonly maxBytesOf: (isBinary: boolean) => number;
  /** Where compressed messages are decompressed. */
  readonly room: MessageRoom;
}

/**
 * Look at the message that a GET request has in its address. An address is short, but what it has in it may be compressed:
 * it reaches the handler decompressed, so that it takes its place once.
 *
 * @throws ConnectError when it takes too much to read
 */
export function inspectQuery(
  request: HandlerRequest,
  { inspector, maxBytesOf, room }: QueryInspection,
): HandlerRequest | Promise<HandlerRequest> {
  const url = new URL(request.url);
  const query = url.searchParams;
  const isBinary = query.get("encoding") === "proto";
  const maxBytes = maxBytesOf(isBinary);
  const sent = readMessage(query);
  const compression = query.get("compression");
  if (sent === undefined) {
    return request;
  }
  const inspect = (message: Uint8Array): void => {
    if (message.length > maxBytes) {
      throw tooLarge(maxBytes, message.length);
    }
    inspector.inspect(message, isBinary);
  };
  if (compression === null || compression === "identity") {
    inspect(sent);
    return request;
  }
  const format = findFormat(compression);
  if (format === undefined) {
    throw new ConnectError(
      "the message is compressed in a way that this server does not know",
      Code.Unimplemented,
    );
  }
  return createExpandMessage(
    request,
    format,
    room,
  )(sent, maxBytes).then((message) => {
    inspect(message);
    const { header } = request;
    if (!header.has(ACCEPT)) {
      header.set(ACCEPT, compression);
    }
    query.delete("compression");
    query.set("base64", "1");
    query.set("message", base64Encode(message, "url"));
    return { ...request, url: url.href };
  });
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
