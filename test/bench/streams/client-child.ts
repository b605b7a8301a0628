import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  CreateNoteRequestSchema,
  NotesService,
  WatchNotesRequestSchema,
} from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { toGrpcFrame } from "../fixture/echo.ts";
import { answerParent } from "../run/answer-parent.ts";

/** Streams that are to be opened: one for each token. */
export interface HeldStreams {
  readonly port: number;
  readonly tokens: readonly string[];
}

/** Messages that are to be sent over one stream. */
export interface MessageRun {
  readonly port: number;
  readonly token: string;
  readonly messages: number;
}

/** How a stream ended. */
export interface StreamEnding {
  readonly atMs: number;
  readonly status: number | undefined;
}

const STREAMS_PER_CONNECTION = 100;

const sessions: ClientHttp2Session[] = [];
let endings: Promise<readonly StreamEnding[]> = Promise.resolve([]);

answerParent({ hold, endings: () => endings, letGo, pull, push });

/** Open streams, each with a token of its own, and wait until each has brought a message. */
async function hold({ port, tokens }: HeldStreams): Promise<void> {
  const opened: Promise<void>[] = [];
  const ended: Promise<StreamEnding>[] = [];
  for (const [index, token] of tokens.entries()) {
    if (index % STREAMS_PER_CONNECTION === 0) {
      sessions.push(connect(`http://127.0.0.1:${port}`));
    }
    const session = sessions.at(-1);
    if (session === undefined) {
      throw new Error("there is no connection");
    }
    const stream = request(session, "watchNotes", token);
    stream.end(watchFrame({}));
    const ending = endOf(stream);
    opened.push(firstMessageOf(stream, ending));
    ended.push(ending);
    // The server is to open streams, not to be flooded: what waits in line would count as its memory.
    if (index % STREAMS_PER_CONNECTION === 0) {
      await Promise.all(opened);
    }
  }
  endings = Promise.all(ended);
  await Promise.all(opened);
}

function letGo(): void {
  for (const session of sessions.splice(0)) {
    session.destroy();
  }
}

/** Have so many messages sent by the server. @returns milliseconds for all of them */
function pull({ port, token, messages }: MessageRun): Promise<number> {
  return timed(port, "watchNotes", token, (stream) => {
    stream.resume();
    stream.end(watchFrame({ afterSequence: BigInt(messages) }));
  });
}

/** Send so many messages to the server. @returns milliseconds until it has answered */
function push({ port, token, messages }: MessageRun): Promise<number> {
  const frame = toGrpcFrame(
    toBinary(CreateNoteRequestSchema, create(CreateNoteRequestSchema, { title: "x".repeat(64) })),
  );
  const batch = Buffer.concat(Array.from({ length: BATCH }, () => frame));
  return timed(port, "importNotes", token, (stream) => {
    stream.resume();
    let left = messages;
    const write = (): void => {
      while (left > 0) {
        left -= BATCH;
        if (!stream.write(batch)) {
          stream.once("drain", write);
          return;
        }
      }
      stream.end();
    };
    write();
  });
}

const BATCH = 100;

async function timed(
  port: number,
  method: keyof typeof NotesService.method,
  token: string,
  run: (stream: ClientHttp2Stream) => void,
): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  const startMs = performance.now();
  const stream = request(session, method, token);
  const ending = endOf(stream);
  run(stream);
  const { status } = await ending;
  session.destroy();
  if (status !== 0) {
    throw new Error(`the stream ended with status ${status}`);
  }
  return performance.now() - startMs;
}

function request(
  session: ClientHttp2Session,
  method: keyof typeof NotesService.method,
  token: string,
): ClientHttp2Stream {
  return session.request({
    ":method": "POST",
    ":path": `/${NotesService.typeName}/${NotesService.method[method].name}`,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  });
}

function watchFrame(init: MessageInitShape<typeof WatchNotesRequestSchema>): Buffer {
  return toGrpcFrame(toBinary(WatchNotesRequestSchema, create(WatchNotesRequestSchema, init)));
}

async function firstMessageOf(stream: ClientHttp2Stream, ending: Promise<StreamEnding>): Promise<void> {
  const ended = await Promise.race([once(stream, "data"), ending]);
  if ("status" in ended) {
    throw new Error(`a stream ended with gRPC status ${ended.status} before its first message`);
  }
}

function endOf(stream: ClientHttp2Stream): Promise<StreamEnding> {
  let status: number | undefined;
  const read = (headers: { readonly "grpc-status"?: unknown }): void => {
    if (headers["grpc-status"] !== undefined) {
      status = Number(headers["grpc-status"]);
    }
  };
  stream
    .on("response", read)
    .on("trailers", read)
    .on("error", () => undefined);
  return new Promise((resolve) => stream.once("close", () => resolve({ atMs: Date.now(), status })));
}
