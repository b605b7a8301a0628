import type { IncomingHttpHeaders, OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  ImportNotesResponseSchema,
  NoteEventSchema,
  NoteSchema,
  SyncNotesResponseSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import type { NodeTransportOptions } from "@countersign/sdk/node";
import { isConnect, toConnect } from "./connect-script.ts";
import { type AnswerChunks, frame, type Kind } from "./wire.ts";

export { frame, KINDS, type Kind } from "./wire.ts";

/** What a server does with one request. */
export type Script = (stream: ServerHttp2Stream, received: Received) => void | Promise<void>;

/** What has come in of a request. */
export interface Received {
  readonly kind: Kind;
  readonly headers: IncomingHttpHeaders;
  /** All bytes of the body. Settled at its end, or when the stream has closed. */
  readonly body: Promise<Buffer>;
}

/** What transports are made with beside the defaults. */
export type TransportOptions = Partial<
  Pick<
    NodeTransportOptions,
    "sendCompression" | "acceptCompression" | "compressMinBytes" | "readMaxBytes" | "protocol" | "useHttpGet"
  >
>;

/** What a client does beside reading the answer to its end. */
export interface Behaviour {
  readonly headers?: [string, string][];
  readonly timeoutMs?: number;
  /** The request messages of streams, by their text. Default: two. */
  readonly messages?: () => AsyncIterable<string>;
  /** When it aborts: at once, or with the head, or with a number of messages. */
  readonly abortAt?: "start" | "head" | number;
}

/** One exchange, which both transports must see alike. */
export interface Case extends Behaviour {
  readonly name: string;
  readonly kinds?: readonly Kind[];
  readonly script: Script;
  /** Whether the client stops sending: how much of the request has come in by then is a matter of moments. */
  readonly isCutShort?: boolean;
  readonly options?: TransportOptions;
}

/** The content type of answers. */
export const TYPE = { "content-type": "application/grpc+proto" } as const;
export const OK = { "grpc-status": "0" } as const;

/** Makes the bytes of an answer of the kind that is called. */
export type BytesOf = (number: number, text?: string) => Uint8Array;

/** Makes the messages of answers. */
export const bytesOf = {
  getNote: (number, id = "") => write(NoteSchema, { id, sequence: BigInt(number) }),
  watchNotes: (number, id = "") => write(NoteEventSchema, { sequence: BigInt(number), note: { id } }),
  importNotes: (created) => write(ImportNotesResponseSchema, { created }),
  syncNotes: (number, noteId = "") => write(SyncNotesResponseSchema, { noteId, sequence: BigInt(number) }),
} as const satisfies Record<Kind, BytesOf>;

function write<Desc extends DescMessage>(schema: Desc, message: MessageInitShape<Desc>): Uint8Array {
  return toBinary(schema, create(schema, message));
}

/** Makes the writes of an answer. */
export type BodyOf = (bytesOf: BytesOf) => readonly Uint8Array[];

/** What an answer consists of. */
export interface AnswerParts {
  readonly status?: number;
  readonly header?: OutgoingHttpHeaders;
  /** One write each. Default: one message. */
  readonly body?: BodyOf;
  /** Absent: the answer ends without one. */
  readonly trailer?: OutgoingHttpHeaders | undefined;
  /** Whether all of the request is awaited before. Default true. */
  readonly waits?: boolean;
}

const oneMessage: BodyOf = (bytes) => [frame(bytes(1, "one"))];

/** Make a script that answers. */
export function answer({
  status = 200,
  header = TYPE,
  body = oneMessage,
  waits = true,
  ...rest
}: AnswerParts): Script {
  const trailer = "trailer" in rest ? rest.trailer : OK;
  return async (stream, received) => {
    if (waits) {
      await received.body;
    }
    if (stream.closed) {
      return;
    }
    const chunks = { status, header, body: body(bytesOf[received.kind]), trailer };
    send(stream, isConnect(received.headers) ? toConnect(received.kind, chunks) : chunks);
  };
}

/** Send an answer. */
export function send(stream: ServerHttp2Stream, { status, header, body, trailer }: AnswerChunks): void {
  stream.respond({ ":status": status, ...header }, { waitForTrailers: trailer !== undefined });
  stream.on("wantTrailers", () => stream.sendTrailers(trailer ?? {}));
  for (const chunk of body) {
    stream.write(chunk);
  }
  stream.end();
}

/** Make a script whose answer is its header alone. */
export function headerOnly(header: OutgoingHttpHeaders, status = 200): Script {
  return async (stream, received) => {
    await received.body;
    if (!stream.closed) {
      stream.respond({ ":status": status, ...header }, { endStream: true });
    }
  };
}
