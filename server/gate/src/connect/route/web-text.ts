import { Code, ConnectError } from "@connectrpc/connect";
import { createBase64Decoder, encodeBase64Bytes } from "../../kernel/base64-bytes.ts";
import type { HandlerResponse } from "./bound-response.ts";
import { type Body, mapParts } from "./map-parts.ts";
import type { HandlerRequest } from "./without-message.ts";

const CONTENT_TYPE = "content-type";

/** What stands in the content type of the text mode, and what is there in its place of the binary one. */
const TEXT = /^application\/grpc-web-text(?=$|[+; ])/i;
const BINARY = "application/grpc-web";

/**
 * Serve the text mode of gRPC-Web: its bodies are those of the binary mode in base64. The official client for browsers
 * sends it by default, and reads streams in no other. Requests of other kinds are served as they are.
 *
 * Each part of a body is decoded or encoded by itself as it comes, so that nothing waits for the end, and limits hold for
 * what is decoded. `serve` sees the binary mode.
 *
 * @see [The protocol of gRPC-Web](https://github.com/grpc/grpc/blob/v1.66.0/doc/PROTOCOL-WEB.md)
 */
export async function serveWebText<Request extends HandlerRequest>(
  request: Request,
  serve: (request: Request) => Promise<HandlerResponse>,
): Promise<HandlerResponse> {
  const { body } = request;
  // What a framework has read already is no text any more: its handler refuses it.
  if (!isWebText(request.header.get(CONTENT_TYPE) ?? "") || !isBody(body)) {
    return serve(request);
  }
  const header = new Headers(request.header);
  header.set(CONTENT_TYPE, (header.get(CONTENT_TYPE) ?? "").replace(TEXT, BINARY));
  header.delete("content-length");
  return toText(await serve({ ...request, header, body: decodeBody(body) }));
}

/** Check whether a content type is that of the text mode. */
export function isWebText(contentType: string): boolean {
  return TEXT.test(contentType);
}

/** Say in the header of an answer that its body is in the text mode. What is no answer of gRPC-Web, such as status 415, has none. */
export function toTextHeader(header: Headers): Headers {
  const contentType = header.get(CONTENT_TYPE) ?? "";
  const text = new Headers(header);
  if (contentType.startsWith(BINARY)) {
    text.set(CONTENT_TYPE, contentType.replace(BINARY, `${BINARY}-text`));
  }
  return text;
}

function isBody(body: HandlerRequest["body"]): body is Body {
  return typeof body === "object" && body !== null && Symbol.asyncIterator in body;
}

async function* decodeBody(body: Body): AsyncGenerator<Uint8Array> {
  const decoder = createBase64Decoder();
  for await (const part of body) {
    const bytes = decoder.read(part);
    if (bytes === undefined) {
      throw notBase64();
    }
    if (bytes.length > 0) {
      yield bytes;
    }
  }
  if (!decoder.isWhole()) {
    throw notBase64();
  }
}

function notBase64(): ConnectError {
  return new ConnectError("the body is not base64, as gRPC-Web-text has it", Code.InvalidArgument);
}

function toText(response: HandlerResponse): HandlerResponse {
  const header = toTextHeader(response.header ?? new Headers());
  if (response.body === undefined || !isWebText(header.get(CONTENT_TYPE) ?? "")) {
    return response;
  }
  const body = mapParts(response.body, (part) =>
    part.done === true ? part : { done: false, value: encodeBase64Bytes(part.value) },
  );
  return { ...response, header, body };
}
