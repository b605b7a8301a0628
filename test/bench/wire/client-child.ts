import { once } from "node:events";
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

/** Streams that are read, as fast as their messages come, until they are let go. */
export interface GreedyRun extends Pick<WireRun, "port" | "token"> {
  readonly streams: number;
  readonly connections: number;
}

/** Unary calls, one after the other on a connection of their own. */
export interface CallRun extends Pick<WireRun, "port" | "token"> {
  /** For how long, in milliseconds; one call is made in any case. */
  readonly forMs: number;
}

const { createNote, watchNotes, importNotes, syncNotes } = NotesService.method;
/** More than any run takes. */
const ENDLESS = 2n ** 40n;
const TEXT = "x".repeat(64);

/** Connections whose streams go on and on. */
const greedy: ClientHttp2Session[] = [];

answerParent({ out, in: send, bidi, read, letGo, call });

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

/** Read streams without an end. Resolves when each has brought something. */
async function read({ port, token, streams, connections }: GreedyRun): Promise<void> {
  greedy.push(...Array.from({ length: connections }, () => connect(`http://127.0.0.1:${port}`)));
  const begun = Array.from({ length: streams }, (_, index) => {
    const stream = openStream(greedy[index % connections], "watchNotes", token);
    stream.on("error", () => undefined);
    stream.end(frameOf(watchNotes.input, { afterSequence: ENDLESS }));
    const first = once(stream, "data");
    stream.resume();
    return first;
  });
  await Promise.all(begun);
}

/** Leave without a word. */
function letGo(): void {
  for (const session of greedy.splice(0)) {
    session.destroy();
  }
}

/** @returns how long each call took, in milliseconds */
async function call({ port, token, forMs }: CallRun): Promise<readonly number[]> {
  const took: number[] = [];
  const frame = frameOf(createNote.input, { title: TEXT });
  await withSessions(port, 1, async ([session]) => {
    const untilMs = performance.now() + forMs;
    do {
      const startMs = performance.now();
      const stream = openStream(session, "createNote", token);
      stream.resume();
      stream.end(frame);
      await untilPassed(stream);
      took.push(performance.now() - startMs);
    } while (performance.now() < untilMs);
  });
  return took;
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
