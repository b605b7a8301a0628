import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";
import { type AnswerChunks, frame, type Kind } from "./wire.ts";

/** The content type of answers, by what is called. */
export const connectType = (kind: Kind) =>
  ({ "content-type": kind === "getNote" ? "application/proto" : "application/connect+proto" }) as const;

/** The last frame of a stream. */
export const endFrame = (end: object, flags = 2): Buffer => frame(Buffer.from(JSON.stringify(end)), flags);

/** Check whether a request is one of Connect. */
export function isConnect(headers: IncomingHttpHeaders): boolean {
  return !(headers["content-type"] ?? "").startsWith("application/grpc");
}

const PREFIX_BYTES = 5;

/** Say in Connect what a script says in gRPC. */
export function toConnect(kind: Kind, { status, header, body, trailer }: AnswerChunks): AnswerChunks {
  const fields = Object.entries(header).map(([name, value]) => [CONNECT_NAMES[kind]?.[name] ?? name, value]);
  const own: OutgoingHttpHeaders = { ...Object.fromEntries(fields), ...connectType(kind) };
  if (kind === "getNote") {
    const muxed = Object.entries(trailer ?? {}).map(([name, value]) => [`trailer-${name}`, value]);
    const whole = Buffer.concat(body);
    return {
      status,
      header: { ...own, ...Object.fromEntries(muxed) },
      body: [whole.subarray(whole.length < PREFIX_BYTES ? 0 : PREFIX_BYTES)],
      trailer: undefined,
    };
  }
  const metadata = Object.entries(trailer ?? {}).map(([name, value]) => [name, [value].flat()]);
  const end = trailer === undefined ? [] : [endFrame({ metadata: Object.fromEntries(metadata) })];
  return { status, header: own, body: [...body, ...end], trailer: undefined };
}

const STREAM_NAMES: Readonly<Record<string, string>> = { "grpc-encoding": "connect-content-encoding" };
const CONNECT_NAMES: Partial<Record<Kind, Readonly<Record<string, string>>>> = {
  getNote: { "grpc-encoding": "content-encoding" },
  watchNotes: STREAM_NAMES,
  importNotes: STREAM_NAMES,
  syncNotes: STREAM_NAMES,
};
