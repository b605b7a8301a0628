import type { ConnectRouter } from "@connectrpc/connect";
import { createByteParts, joinParts } from "../../kernel/byte-parts.ts";
import { createDecompressionOf, findFormat } from "../message/decompress.ts";
import { type CutBytes, cutEndJson, cutErrorJson, cutTrailer, cutTrailerLines } from "./bound-bytes.ts";
import { type Body, mapParts, type Part } from "./map-parts.ts";

/** What a handler of Connect answers with. */
export type HandlerResponse = Awaited<ReturnType<ConnectRouter["handlers"][number]>>;

/** How a protocol ends a stream within its body. */
interface EndFrame {
  readonly contentType: RegExp;
  /** What its flags have that those of other frames have not. */
  readonly flag: number;
  /** The field that says how it is compressed. */
  readonly encoding: string;
  readonly cut: CutBytes;
}

const END_FRAMES: readonly EndFrame[] = [
  {
    contentType: /^application\/grpc-web/,
    flag: 0x80,
    encoding: "grpc-encoding",
    cut: cutTrailerLines,
  },
  {
    contentType: /^application\/connect\+/,
    flag: 2,
    encoding: "connect-content-encoding",
    cut: cutEndJson,
  },
];

/** A flag, and the length of the frame in four bytes. */
const HEAD_BYTES = 5;
const COMPRESSED = 1;

/**
 * Cut the message of the error that Connect answers with, over every protocol: what it cannot read of a message or a header
 * it repeats, up to megabytes. What the gate and handlers throw is cut before; only here is it seen what Connect writes.
 */
export function boundResponse(response: HandlerResponse): HandlerResponse | Promise<HandlerResponse> {
  const { body, header = new Headers(), status, trailer } = response;
  if (body === undefined) {
    return response;
  }
  if (status !== 200) {
    return boundErrorBody(response, body);
  }
  const contentType = header.get("content-type") ?? "";
  const end = END_FRAMES.find((frame) => frame.contentType.test(contentType));
  if (end !== undefined) {
    const encoding = header.get(end.encoding) ?? "";
    return { ...response, body: mapParts(body, (part) => boundLast(part, end, encoding)) };
  }
  if (trailer === undefined) {
    return response;
  }
  const boundTrailer = (part: Part): Part => {
    if (part.done === true) {
      cutTrailer(trailer);
    }
    return part;
  };
  return { ...response, body: mapParts(body, boundTrailer) };
}

/** A unary call of Connect has its error as its body. */
async function boundErrorBody(response: HandlerResponse, body: Body): Promise<HandlerResponse> {
  const parts = createByteParts();
  for await (const part of body) {
    parts.add(part);
  }
  const sent = parts.take();
  const header = new Headers(response.header);
  const cut = await cutExpanded(sent, header.get("content-encoding") ?? "", cutErrorJson);
  if (cut === undefined) {
    return { ...response, body: once(sent) };
  }
  header.delete("content-encoding");
  header.set("content-length", String(cut.length));
  return { ...response, header, body: once(cut) };
}

/** Bound a frame if it is the last: Connect hands on each as a part of its own. */
function boundLast(part: Part, end: EndFrame, encoding: string): Part | Promise<Part> {
  const { done, value: frame } = part;
  if (done === true || ((frame[0] ?? 0) & end.flag) === 0) {
    return part;
  }
  const flags = frame[0] ?? 0;
  const isCompressed = (flags & COMPRESSED) !== 0;
  return cutExpanded(frame.subarray(HEAD_BYTES), isCompressed ? encoding : "", end.cut).then((cut) => {
    if (cut === undefined) {
      return part;
    }
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = flags & ~COMPRESSED;
    new DataView(head.buffer).setUint32(1, cut.length);
    return { done: false, value: joinParts([head, cut], HEAD_BYTES + cut.length) };
  });
}

/** Cut what may be compressed: a message that was cut is short, and goes as it is. */
async function cutExpanded(
  bytes: Uint8Array,
  encoding: string,
  cut: CutBytes,
): Promise<ReturnType<CutBytes>> {
  if (encoding === "" || encoding === "identity") {
    return cut(bytes);
  }
  const format = findFormat(encoding);
  if (format === undefined) {
    return undefined; // a way of the application's own
  }
  // Connect has just compressed it: it becomes no larger than it has been here before.
  const expanded = await createDecompressionOf(bytes, format).readUpTo(Number.POSITIVE_INFINITY);
  return expanded === undefined ? undefined : cut(expanded);
}

async function* once(bytes: Uint8Array<ArrayBuffer>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield bytes;
}
