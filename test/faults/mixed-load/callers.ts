import { type ClientHttp2Session, connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { type HeaderFields, pathOf } from "../../differential/case.ts";
import { ALL_CASES } from "../../differential/cases/all.ts";
import type { Journal } from "../../differential/journal.ts";
import { sendHttp1 } from "../../differential/send-http1.ts";
import { sendHttp2 } from "../../differential/send-http2.ts";
import type { Side } from "../../differential/side.ts";
import { bodyOf, fieldsOf } from "../../differential/wire.ts";
import { connectRawHttp2, type RawHttp2, type RawStream } from "./raw-http2.ts";

/** Calls until it is told to stop. @returns what the calls came to that should have been answered well */
export type Caller = (port: number, stop: AbortSignal, count: () => void) => Promise<readonly string[]>;

/** What tests of a single call wait for; here it takes as long as it takes. */
const HANDLER_MS = 5;

const LATE: Journal = {
  note: () => undefined,
  follow: (_, work) => work(),
  until: () => pause(HANDLER_MS),
  idle: () => Promise.resolve(),
  take: () => [],
};

// A server that is shut down takes no more calls.
const cases = Object.values(ALL_CASES)
  .flat()
  .filter(({ setup }) => setup !== "single use" && setup !== "tls");

/** Send every request that the differential tests know, in random order, each on a connection of its own. */
export const sendCases: Caller = async (port, stop, count) => {
  const side: Side = {
    port,
    isTls: false,
    journal: LATE,
    shutDown: () => undefined,
    pass: () => undefined,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  while (!stop.aborted) {
    const sent = pick(cases);
    await (sent.transport === "http1" ? sendHttp1 : sendHttp2)(side, sent);
    count();
  }
  return [];
};

/** Fewer than the resets that Node lets pass on one connection. */
const CALLS_PER_CONNECTION = 300;
const LANES = 24;

/** Call on connections that carry many calls at a time, and leave most of them in the middle. */
export const leaveStreams: Caller = async (port, stop, count) => {
  while (!stop.aborted) {
    const connection = await connectRawHttp2(port);
    let left = CALLS_PER_CONNECTION;
    const lane = async (): Promise<void> => {
      while (left > 0 && !stop.aborted && !connection.isOver()) {
        left -= 1;
        await leave(connection);
        count();
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    // Sometimes in the middle of a header, sometimes with a call under way.
    pick([
      () => connection.breakOffHeader(toFields("Open", "echo")),
      () => void connection.open(toFields("Open", "until-aborted")),
      () => undefined,
    ])();
    connection.destroy();
  }
  return [];
};

const METHODS = ["Open", "Open", "Open", "Private", "Follow", "Collect", "Talk"];
const DOES = ["echo", "echo", "echo-later", "headers", "fail 5", "throw-error", "until-aborted"];

function toFields(method: string, does: string): HeaderFields {
  return [
    ...([
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "server"],
      [":path", pathOf(method)],
    ] as const),
    ...fieldsOf(pick(["grpc", "grpc-web"])),
    ["x-do", does],
    // Whoever waits to be aborted is, at the latest by then.
    ["grpc-timeout", "100m"],
  ];
}

type Leave = (stream: RawStream, body: Uint8Array) => Promise<void>;

/** How a caller ends. */
const LEAVES: readonly Leave[] = [
  async (stream, body) => {
    stream.write(body, { isLast: true });
    await stream.over;
  },
  async (stream) => stream.reset(),
  async (stream, body) => {
    stream.write(body.subarray(0, 6));
    stream.reset();
  },
  async (stream, body) => {
    stream.write(body, { isLast: true });
    stream.reset();
  },
  async (stream, body) => {
    stream.write(body, { isLast: true });
    await pause(2);
    stream.reset();
  },
  async (stream, body) => {
    stream.write(body);
    await pause(2);
    stream.write(new Uint8Array(), { isLast: true });
    await stream.over;
  },
  // On a unary request that is not finished the server hangs up, before the caller does.
  async (stream, body) => {
    stream.write(body.subarray(0, 6));
    await pause(UNFINISHED_MS);
    stream.reset();
  },
];

function leave(connection: RawHttp2): Promise<void> {
  const stream = connection.open(toFields(pick(METHODS), pick(DOES)));
  return pick(LEAVES)(stream, bodyOf("grpc", { text: "hello" }));
}

/** Longer than a unary request may take to arrive. */
const UNFINISHED_MS = 400;

const BETWEEN_GOOD_CALLS_MS = 10;

/** Make good calls among all the others: each must be answered. */
export const callWell: Caller = async (port, stop, count) => {
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

function callOnce(session: ClientHttp2Session): Promise<string> {
  return new Promise((resolve) => {
    const fields = Object.fromEntries(fieldsOf("grpc"));
    const stream = session.request({ ":method": "POST", ":path": pathOf("Open"), ...fields });
    let status = "";
    stream.on("response", (head) => (status = String(head[":status"])));
    stream.on("trailers", (trailers) => (status += ` ${String(trailers["grpc-status"])}`));
    stream.on("error", (error) => resolve(error.message));
    stream.once("close", () => resolve(status));
    stream.resume().end(bodyOf("grpc", { text: "hello" }));
  });
}

function pick<T>(among: readonly T[]): T {
  const picked = among[Math.floor(Math.random() * among.length)];
  if (picked === undefined) {
    throw new TypeError("there is nothing to pick from");
  }
  return picked;
}
