import { type ClientHttp2Session, connect } from "node:http2";
import { NotesService } from "@countersign/gen/countersign/demo/v1/notes_pb.js";
import { frameOf, openStream, sendFrames, untilPassed } from "../fixture/note-streams.ts";
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
const TEXT = "x".repeat(64);

answerParent({ out, in: send, bidi });

/** Have messages sent by the server. */
function out({ messages, ...where }: WireRun): Promise<void> {
  return withSessions(where.port, 1, async ([session]) => {
    const stream = openStream(session, "watchNotes", where.token);
    stream.resume();
    stream.end(frameOf(watchNotes.input, { afterSequence: BigInt(messages) }));
    await untilPassed(stream);
  });
}

/** Send messages to the server. */
function send({ messages, ...where }: WireRun): Promise<void> {
  return withSessions(where.port, 1, async ([session]) => {
    const stream = openStream(session, "importNotes", where.token);
    stream.resume();
    sendFrames(stream, frameOf(importNotes.input, { title: TEXT }), messages);
    await untilPassed(stream);
  });
}

function bidi({ messages, streams, connections, ...where }: PingPongRun): Promise<void> {
  const frame = frameOf(syncNotes.input, { body: TEXT });
  return withSessions(where.port, connections, async (sessions) => {
    const all = Array.from({ length: streams }, (_, index) => {
      const stream = openStream(sessions[index % connections], "syncNotes", where.token);
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
      return untilPassed(stream);
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
