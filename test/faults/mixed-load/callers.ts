import { setTimeout as pause } from "node:timers/promises";
import { type HeaderFields, pathOf } from "../../differential/case.ts";
import { ALL_CASES, STREAM_CASES } from "../../differential/cases/all.ts";
import type { Journal } from "../../differential/journal.ts";
import { sendHttp1 } from "../../differential/send-http1.ts";
import { sendHttp2 } from "../../differential/send-http2.ts";
import type { Side } from "../../differential/side.ts";
import { bodyOf, fieldsOf } from "../../differential/wire.ts";
import { connectRawHttp2, type RawHttp2, type RawStream } from "./raw-http2.ts";

/** A server that is called. */
export interface Target {
  readonly port: number;
  /** A token that it takes. */
  readonly token: string;
}

/** Calls until it is told to stop. @returns what the calls came to that should have been answered well */
export type Caller = (target: Target, stop: AbortSignal, count: () => void) => Promise<readonly string[]>;

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
const cases = [ALL_CASES, STREAM_CASES]
  .flatMap((tables) => Object.values(tables).flat())
  .filter(({ setup }) => setup !== "single use" && setup !== "tls");

/** Send every request that the differential tests know, in random order, each on a connection of its own. */
export const sendCases: Caller = async ({ port }, stop, count) => {
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
export const leaveStreams: Caller = async (target, stop, count) => {
  while (!stop.aborted) {
    const connection = await connectRawHttp2(target.port);
    let left = CALLS_PER_CONNECTION;
    const lane = async (): Promise<void> => {
      while (left > 0 && !stop.aborted && !connection.isOver()) {
        left -= 1;
        await leave(connection, target);
        count();
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    // What is reset at once costs the server more than the client: it is not to fall behind.
    await connection.roundTrip();
    // Sometimes in the middle of a header, sometimes with calls and streams under way.
    pick([
      () => connection.breakOffHeader(toFields("Open", { does: "echo" })),
      () => void connection.open(toFields("Open", { does: "until-aborted" })),
      () => openAll(connection, target),
      () => undefined,
    ])();
    connection.destroy();
  }
  return [];
};

const METHODS = ["Open", "Open", "Open", "Private"];
const DOES = ["echo", "echo", "echo-later", "headers", "fail 5", "throw-error", "until-aborted"];

const STREAMS = ["Follow", "Collect", "Talk", "FollowPrivate", "CollectPrivate", "TalkPrivate"];
/** What handlers of streams do. Most are left while they do it. */
const SCRIPTS = ["echo,send a", "many 40,aborted", "many 6000", "read,send a,aborted", "send a,turn,fail 5"];

type Asked = { readonly does: string } | { readonly script: string; readonly token: string };

function toFields(method: string, asked: Asked): HeaderFields {
  return [
    ...([
      [":method", "POST"],
      [":scheme", "http"],
      [":authority", "server"],
      [":path", pathOf(method)],
    ] as const),
    ...fieldsOf(pick(["grpc", "grpc-web"])),
    ...("does" in asked
      ? ([["x-do", asked.does]] as const)
      : ([
          ["x-script", asked.script],
          ["authorization", `Bearer ${asked.token}`],
        ] as const)),
    // Whoever waits to be aborted is, at the latest by then.
    ["grpc-timeout", "100m"],
  ];
}

/** Open a stream of each kind, and leave all of them to be cut with the connection. */
function openAll(connection: RawHttp2, { token }: Target): void {
  for (const method of STREAMS) {
    connection.open(toFields(method, { script: "many 40,echo,aborted", token })).write(MESSAGE);
  }
}

type Leave = (stream: RawStream, body: Uint8Array) => Promise<void>;

/** How a caller ends. */
const LEAVES: readonly Leave[] = [
  async (stream, body) => {
    stream.write(body, { isLast: true });
    await endOf(stream);
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
    await endOf(stream);
  },
  // On a unary request that is not finished the server hangs up, before the caller does.
  async (stream, body) => {
    stream.write(body.subarray(0, 6));
    await pause(UNFINISHED_MS);
    stream.reset();
  },
];

function leave(connection: RawHttp2, { token }: Target): Promise<void> {
  const fields = pick([
    () => toFields(pick(METHODS), { does: pick(DOES) }),
    () => toFields(pick(STREAMS), { script: pick(SCRIPTS), token }),
  ])();
  return pick(LEAVES)(connection.open(fields), MESSAGE);
}

const MESSAGE = bodyOf("grpc", { text: "hello" });

/** Wait for the end of a stream, and reset it when it does not come: an answer that fills its window waits to be read. */
async function endOf(stream: RawStream): Promise<void> {
  const timer = setTimeout(() => stream.reset(), PATIENCE_MS);
  await stream.over;
  clearTimeout(timer);
}

const PATIENCE_MS = 300;

/** Longer than a unary request may take to arrive. */
const UNFINISHED_MS = 400;

function pick<T>(among: readonly T[]): T {
  const picked = among[Math.floor(Math.random() * among.length)];
  if (picked === undefined) {
    throw new TypeError("there is nothing to pick from");
  }
  return picked;
}
