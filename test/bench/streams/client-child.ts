import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import {
  endOf,
  frameOf,
  openStream,
  type StreamEnding,
  sendFrames,
  untilPassed,
} from "../fixture/note-streams.ts";
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

const STREAMS_PER_CONNECTION = 100;
const { watchNotes, importNotes } = NotesService.method;

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
    const stream = openStream(sessions.at(-1), "watchNotes", token);
    stream.end(frameOf(watchNotes.input, {}));
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
    stream.end(frameOf(watchNotes.input, { afterSequence: BigInt(messages) }));
  });
}

/** Send so many messages to the server. @returns milliseconds until it has answered */
function push({ port, token, messages }: MessageRun): Promise<number> {
  return timed(port, "importNotes", token, (stream) => {
    stream.resume();
    sendFrames(stream, frameOf(importNotes.input, { title: "x".repeat(64) }), messages);
  });
}

async function timed(
  port: number,
  method: keyof typeof NotesService.method,
  token: string,
  run: (stream: ClientHttp2Stream) => void,
): Promise<number> {
  const session = connect(`http://127.0.0.1:${port}`);
  const startMs = performance.now();
  const stream = openStream(session, method, token);
  const passed = untilPassed(stream);
  run(stream);
  await passed.finally(() => session.destroy());
  return performance.now() - startMs;
}

async function firstMessageOf(stream: ClientHttp2Stream, ending: Promise<StreamEnding>): Promise<void> {
  const ended = await Promise.race([once(stream, "data"), ending]);
  if ("status" in ended) {
    throw new Error(`a stream ended with gRPC status ${ended.status} before its first message`);
  }
}
