import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { pathOf } from "../../differential/case.ts";
import { bodyOf, fieldsOf } from "../../differential/wire.ts";
import type { Caller, Target } from "./callers.ts";

const MESSAGE = bodyOf("grpc", { text: "hello" });

const BETWEEN_GOOD_CALLS_MS = 10;

/** Make good calls among all the others: each must be answered. */
export const callWell: Caller = async ({ port }, stop, count) => {
  const session = connect(`http://127.0.0.1:${port}`);
  const failures: string[] = [];
  session.on("error", (error) => failures.push(error.message));
  while (!stop.aborted) {
    const answer = await callOnce(session);
    if (answer !== "200 0") {
      failures.push(answer);
    }
    count();
    await pause(BETWEEN_GOOD_CALLS_MS);
  }
  session.destroy();
  return failures;
};

/** How many messages go to and fro on a good stream. */
const TALK_MESSAGES = 20;

/** Talk on good streams among all the others: each message must be answered, and each stream must end well. */
export const talkWell: Caller = async (target, stop, count) => {
  const session = connect(`http://127.0.0.1:${target.port}`);
  const failures: string[] = [];
  session.on("error", (error) => failures.push(error.message));
  while (!stop.aborted) {
    const answer = await talkOnce(session, target);
    if (answer !== `200 0 ${TALK_MESSAGES * MESSAGE.length}`) {
      failures.push(`a stream: ${answer}`);
    }
    count();
    await pause(BETWEEN_GOOD_CALLS_MS);
  }
  session.destroy();
  return failures;
};

function talkOnce(session: ClientHttp2Session, { token }: Target): Promise<string> {
  const stream = open(session, "TalkPrivate", {
    "x-script": "echo",
    authorization: `Bearer ${token}`,
  });
  let bytes = 0;
  stream.on("data", (part: Buffer) => {
    bytes += part.length;
    // The next message goes out when the one before has come back whole.
    if (bytes === TALK_MESSAGES * MESSAGE.length) {
      stream.end();
    } else if (bytes % MESSAGE.length === 0) {
      stream.write(MESSAGE);
    }
  });
  stream.write(MESSAGE);
  return outcomeOf(stream).then((outcome) => `${outcome} ${bytes}`);
}

function callOnce(session: ClientHttp2Session): Promise<string> {
  const stream = open(session, "Open", {});
  stream.resume().end(MESSAGE);
  return outcomeOf(stream);
}

function open(session: ClientHttp2Session, method: string, more: OutgoingHttpHeaders): ClientHttp2Stream {
  const fields = Object.fromEntries(fieldsOf("grpc"));
  return session.request({ ":method": "POST", ":path": pathOf(method), ...fields, ...more });
}

/** Wait for the end of a stream. @returns its statuses, of HTTP and of gRPC */
function outcomeOf(stream: ClientHttp2Stream): Promise<string> {
  return new Promise((resolve) => {
    let status = "";
    stream.on("response", (head) => (status = String(head[":status"])));
    stream.on("trailers", (trailers) => (status += ` ${String(trailers["grpc-status"])}`));
    stream.on("error", (error) => resolve(error.message));
    stream.once("close", () => resolve(status));
  });
}
