import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  constants,
} from "node:http2";
import type { Socket } from "node:net";
import type { Answer, Response } from "./answer.ts";
import type { Case, Step } from "./case.ts";
import { pathOf } from "./case.ts";
import { describeBody, describeFields } from "./fields.ts";
import { openSocket } from "./open-socket.ts";
import { untilReached, type WaitingStep } from "./reach.ts";
import type { Side } from "./side.ts";

/** Without it, Node's client would not send a header twice. */
const CLIENT: ClientSessionOptions & { readonly strictSingleValueFields: boolean } = {
  strictSingleValueFields: false,
};

/** Send a request over HTTP/2, on a connection of its own, and write down what comes back. */
export async function sendHttp2(side: Side, sent: Case): Promise<Answer> {
  const { session, socket, goaway } = open(side);
  try {
    const stream = request(session, side, sent);
    const answer = collect(stream);
    const received = countBytes(stream);
    for (const step of sent.steps) {
      await write({ stream, socket, received }, step, side);
    }
    const { responses, end } = await answer;
    await roundTrip(session);
    return { responses, end: `${end}${goaway()}` };
  } finally {
    session.destroy();
  }
}

/** Send requests all at once, on one connection. Their steps must not wait for anything. */
export async function sendTogether(side: Side, all: readonly Case[]): Promise<readonly Answer[]> {
  const { session, socket } = open(side);
  try {
    const streams = all.map((sent) => request(session, side, sent));
    const answers = Promise.all(streams.map(collect));
    for (const [index, stream] of streams.entries()) {
      const received = countBytes(stream);
      for (const step of all[index]?.steps ?? []) {
        await write({ stream, socket, received }, step, side);
      }
    }
    return await answers;
  } finally {
    session.destroy();
  }
}

function open(side: Side) {
  const socket = openSocket(side, "h2");
  const session = connect("http://server", { ...CLIENT, createConnection: () => socket });
  let goaway = "";
  session.on("goaway", (code) => (goaway = ` goaway ${code}`));
  session.on("error", (error) => (goaway += ` ${error.message}`));
  return { session, socket, goaway: () => goaway };
}

function request(
  session: ClientHttp2Session,
  { isTls }: Side,
  { verb = "POST", path = pathOf("Open"), fields }: Case,
): ClientHttp2Stream {
  const target = [
    ":method",
    verb,
    ":path",
    path,
    ":scheme",
    isTls ? "https" : "http",
    ":authority",
    "server",
  ];
  return session.request([...target, ...fields.flat()]);
}

/** What the client has sent last must have reached the server before its journal is read. */
async function roundTrip(session: ClientHttp2Session): Promise<void> {
  if (session.closed || session.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    session.once("close", resolve);
    session.ping(() => resolve());
  });
}

interface Connection {
  readonly stream: ClientHttp2Stream;
  readonly socket: Socket;
  readonly received: Received;
}

/** How much of the body of an answer has come. */
interface Received {
  untilBytes(bytes: number): Promise<void>;
}

function countBytes(stream: ClientHttp2Stream): Received {
  let bytes = 0;
  stream.on("data", (part: Buffer) => (bytes += part.length));
  return {
    async untilBytes(wanted) {
      while (bytes < wanted && !stream.destroyed) {
        await Promise.race([once(stream, "data"), once(stream, "close")]).catch(() => undefined);
      }
    },
  };
}

async function write({ stream, socket, received }: Connection, step: Step, side: Side): Promise<void> {
  if (stream.destroyed) {
    return;
  }
  if (step instanceof Uint8Array) {
    stream.write(step);
    return;
  }
  if (typeof step === "object") {
    await ("untilBytes" in step
      ? received.untilBytes(step.untilBytes)
      : untilReached(step, side, closeOf(stream)));
    return;
  }
  const acts: Readonly<Record<Exclude<Step, object | WaitingStep>, () => unknown>> = {
    end: () => stream.end(),
    reset: () => stream.close(constants.NGHTTP2_CANCEL),
    "reset quietly": () => stream.close(constants.NGHTTP2_NO_ERROR),
    "half-close": () => socket.end(),
  };
  if (step in acts) {
    acts[step as keyof typeof acts]();
  } else {
    await untilReached(step as WaitingStep, side, closeOf(stream));
  }
}

/** @returns what resolves when a stream is closed, also by an error: how it ended is a part of the answer */
function closeOf(stream: ClientHttp2Stream): Promise<unknown> {
  return once(stream, "close").catch(() => undefined);
}

async function collect(stream: ClientHttp2Stream): Promise<Answer> {
  const responses: Response[] = [];
  const chunks: Buffer[] = [];
  let head: Omit<Response, "body" | "trailers"> | undefined;
  let trailers: readonly string[] = [];
  let failure = "";
  const toHead = (flags: number, raw: readonly string[]) => {
    const headers = describeFields(raw);
    const status = Number(/^:status: (\d+)$/.exec(headers[0] ?? "")?.[1]);
    return { status, headers: headers.slice(1), isOver: (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0 };
  };
  // Node hands the fields over as they came, behind what it has made of them.
  stream.on("headers", (_, flags, raw) => responses.push({ ...toHead(flags, raw), body: "", trailers: [] }));
  stream.on("response", (_, flags, raw) => (head = toHead(flags, raw)));
  stream.on("trailers", (_, __, raw) => (trailers = describeFields(raw)));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", (error: NodeJS.ErrnoException) => (failure = ` ${error.code}`));
  await closeOf(stream);
  if (head !== undefined) {
    responses.push({ ...head, body: describeBody(Buffer.concat(chunks)), trailers });
  }
  return { responses, end: `${stream.readableEnded ? "end" : "cut"} rst ${stream.rstCode}${failure}` };
}
