import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { create, type DescMessage, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { toGrpcFrame } from "../fixture/echo.ts";
import { answerParent } from "../run/answer-parent.ts";

/** What is sent, or asked for. */
export interface WireRun {
  readonly port: number;
  readonly token: string;
  readonly messages: number;
}

/** Messages that go to and fro, each only when the one before is answered. */
export interface PingPongRun extends WireRun {
  /** How many streams share them. */
  readonly streams: number;
  readonly connections: number;
}

const { watchNotes, importNotes, syncNotes } = NotesService.method;
const BATCH = 100;
const TEXT = "x".repeat(64);

answerParent({ out, in: send, bidi });

/** Have messages sent by the server. */
function out({ messages, ...where }: WireRun): Promise<void> {
  return withSessions(where.port, 1, async ([session]) => {
    const stream = open(session, watchNotes.name, where.token);
    stream.resume();
    stream.end(frameOf(watchNotes.input, { afterSequence: BigInt(messages) }));
    await endOf(stream);
  });
}

/** Send messages to the server. */
function send({ messages, ...where }: WireRun): Promise<void> {
  const frame = frameOf(importNotes.input, { title: TEXT });
  const batch = Buffer.concat(Array.from({ length: BATCH }, () => frame));
  return withSessions(where.port, 1, async ([session]) => {
    const stream = open(session, importNotes.name, where.token);
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
    await endOf(stream);
  });
}

function bidi({ messages, streams, connections, ...where }: PingPongRun): Promise<void> {
  const frame = frameOf(syncNotes.input, { body: TEXT });
  return withSessions(where.port, connections, async (sessions) => {
    const all = Array.from({ length: streams }, (_, index) => {
      const stream = open(sessions[index % connections], syncNotes.name, where.token);
      let left = Math.ceil(messages / streams);
      const next = (): void => {
        if (left > 0) {
          left -= 1;
          stream.write(frame);
        } else {
          stream.end();
        }
      };
      // An answer is smaller than what one read brings: each comes whole.
      stream.on("data", next);
      next();
      return endOf(stream);
    });
    await Promise.all(all);
  });
}

async function withSessions(
  port: number,
  count: number,
  run: (sessions: readonly ClientHttp2Session[]) => Promise<void>,
): Promise<void> {
  const sessions = Array.from({ length: count }, () => connect(`http://127.0.0.1:${port}`));
  await run(sessions);
  for (const session of sessions) {
    session.destroy();
  }
}

function open(session: ClientHttp2Session | undefined, name: string, token: string): ClientHttp2Stream {
  if (session === undefined) {
    throw new Error("there is no connection");
  }
  return session.request({
    ":method": "POST",
    ":path": `/${NotesService.typeName}/${name}`,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${token}`,
  });
}

function frameOf<Desc extends DescMessage>(desc: Desc, init: MessageInitShape<Desc>): Buffer {
  return toGrpcFrame(toBinary(desc, create(desc, init)));
}

function endOf(stream: ClientHttp2Stream): Promise<void> {
  let status: unknown;
  const read = (headers: { readonly "grpc-status"?: unknown }): void => {
    status = headers["grpc-status"] ?? status;
  };
  return new Promise((resolve, reject) => {
    stream.on("response", read).on("trailers", read).on("error", reject);
    stream.once("close", () =>
      status === "0" ? resolve() : reject(new Error(`a stream ended with status ${String(status)}`)),
    );
  });
}
