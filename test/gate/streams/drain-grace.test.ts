import { EventEmitter } from "node:events";
import { connect } from "node:http2";
import { Socket } from "node:net";
import { Code } from "@connectrpc/connect";
import { beforeEach, describe, expect, test, vi } from "vitest";
import {
  keepNodeRequest,
  type NodeRequest,
  transportOf,
} from "../../../server/gate/src/connect/node-request.ts";
import { cutOffAfterGrace } from "../../../server/gate/src/streams/drain-grace.ts";
import { eventually } from "../../support/eventually.ts";
import { holdTime } from "../../support/fake-time.ts";
import { notEmpty } from "../../support/not-empty.ts";
import { createTestClock } from "../../support/test-clock.ts";
import { type StreamServer, startStreamServer, tokenFor } from "./stream-server.ts";

holdTime();

let clock = createTestClock();
let destroyed = 0;
beforeEach(() => {
  clock = createTestClock();
  destroyed = 0;
});

/** What Node says of a stream of HTTP/2 or a response of HTTP/1.1 that is not over yet. */
class Exchange extends EventEmitter {
  closed = false;
  writableFinished = false;
  destroyed = false;
  close = () => (destroyed += 1);
  finish(): void {
    this.closed = true;
    this.writableFinished = true;
    this.emit("close");
  }
}

const VERSIONS = notEmpty([
  { version: "HTTP/2", request: (exchange: Exchange) => ({ stream: exchange }) },
  { version: "HTTP/1.1", request: () => ({}) },
]);

for (const { version, request } of VERSIONS) {
  const open = () => {
    const exchange = new Exchange();
    const socket = { writableLength: 1, destroy: () => (destroyed += 1) };
    const node: NodeRequest = { headers: { host: "a" }, rawHeaders: [], socket, ...request(exchange) };
    const transport = transportOf(keepNodeRequest(node, exchange)) ?? expect.fail();
    return { exchange, transport };
  };

  test(`a stream over ${version} whose client does not read its end is cut off after five seconds`, () => {
    cutOffAfterGrace(open().transport, clock);
    clock.advance(4_999);
    expect(destroyed).toBe(0);
    clock.advance(1);
    expect(destroyed).toBe(1);
  });

  test(`a stream over ${version} is kept by no timer when it has closed, or had before`, () => {
    const { exchange, transport } = open();
    cutOffAfterGrace(transport, clock);
    expect(clock.scheduledMs).toEqual([5_000]);
    exchange.finish();
    expect([clock.scheduledMs, exchange.listenerCount("close")]).toEqual([[], 0]);
    cutOffAfterGrace(transport, clock);
    expect([clock.scheduledMs, exchange.listenerCount("close")]).toEqual([[], 0]);
    clock.advance(5_000);
    expect(destroyed).toBe(0);
  });
}

const LIFE_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** How long a client has to read how its stream ended, in milliseconds. */
const GRACE_MS = 5_000;

/** A client that reads nothing of its stream. */
interface Silent extends Disposable {
  /** Check whether the server has cut its stream off. */
  isCut(): boolean;
}

const PATH = "/countersign.demo.v1.NotesService/WatchNotes";
const EMPTY = Buffer.alloc(5);

const CLIENTS = {
  "HTTP/2"({ baseUrl }: StreamServer, token: string): Silent {
    const session = connect(baseUrl, { settings: { initialWindowSize: 0 } });
    const stream = session.request({
      ":method": "POST",
      ":path": PATH,
      "content-type": "application/grpc",
      "grpc-timeout": `${TIMEOUT_MS}m`,
      authorization: `Bearer ${token}`,
    });
    stream.on("error", () => {});
    stream.end(EMPTY);
    stream.pause();
    // What is not read holds back the events; the code of the reset is there at once.
    return { isCut: () => stream.rstCode === 8, [Symbol.dispose]: () => session.destroy() };
  },
  "HTTP/1.1"({ baseUrl }: StreamServer, token: string): Silent {
    const { hostname, port } = new URL(baseUrl);
    const socket = new Socket();
    socket.on("error", () => {});
    socket.connect(Number(port), hostname);
    socket.pause();
    const head = [
      `POST ${PATH} HTTP/1.1`,
      `host: ${hostname}:${port}`,
      "content-type: application/grpc-web+proto",
      `grpc-timeout: ${TIMEOUT_MS}m`,
      `authorization: Bearer ${token}`,
      "content-length: 5",
    ];
    socket.write(`${head.join("\r\n")}\r\n\r\n`);
    socket.write(EMPTY);
    return {
      isCut() {
        // What is not read is not seen to close; but what is written is refused then.
        socket.write("\r\n");
        return socket.errored !== null;
      },
      [Symbol.dispose]: () => socket.destroy(),
    };
  },
} as const;

/** How a stream comes to its end, and when. */
interface End {
  readonly end: string;
  readonly lifeMs: number;
  /** After what time it is cut off, in milliseconds. */
  readonly cutAfterMs: number;
  /** How many bytes its handler gives in its last message. */
  readonly bytes: number;
  readonly versions: readonly (keyof typeof CLIENTS)[];
  readonly isRevoked?: boolean;
  /** What the signal of its handler says. */
  readonly signal: object;
}

/** More than any buffer takes: its handler waits for the client. */
const TOO_MANY_BYTES = 8_000_000;
const BOTH = ["HTTP/2", "HTTP/1.1"] as const;

const ENDS: readonly End[] = [
  {
    end: "its token expires",
    lifeMs: 5_000,
    cutAfterMs: 5_000 + GRACE_MS,
    bytes: TOO_MANY_BYTES,
    versions: BOTH,
    signal: { reason: "STREAM_EXPIRED" },
  },
  {
    end: "its session is revoked",
    lifeMs: LIFE_MS,
    cutAfterMs: GRACE_MS,
    bytes: TOO_MANY_BYTES,
    versions: BOTH,
    isRevoked: true,
    signal: { reason: "SESSION_REVOKED" },
  },
  {
    end: "the time is over that its client waits",
    lifeMs: LIFE_MS,
    cutAfterMs: TIMEOUT_MS + GRACE_MS,
    bytes: TOO_MANY_BYTES,
    versions: BOTH,
    signal: { code: Code.DeadlineExceeded },
  },
  {
    end: "its handler ends, and its token expires",
    lifeMs: LIFE_MS,
    cutAfterMs: LIFE_MS + GRACE_MS,
    bytes: 1,
    versions: ["HTTP/2"], // over HTTP/1.1 the platform takes what a handler that has ended can have left
    signal: { name: "AbortError" },
  },
];

const CASES = notEmpty(
  ENDS.flatMap((end) =>
    end.versions.flatMap((version) =>
      [true, false].map((streamFastPath) => ({ ...end, version, streamFastPath })),
    ),
  ),
);

/** More turns of the loop than a message takes on its way to the socket. */
const TURNS = 50;

describe("a client that does not read", () => {
  test.each(CASES)(
    "is cut off after five seconds when $end: $version, streamFastPath $streamFastPath",
    async ({ version, streamFastPath, lifeMs, cutAfterMs, bytes, isRevoked, signal: expected }) => {
      const begun = Promise.withResolvers<AbortSignal>();
      let isOver = false;
      await using server = await startStreamServer(
        {
          async *watchNotes(_, { signal }) {
            try {
              yield {};
              begun.resolve(signal);
              yield { note: { body: "x".repeat(bytes) } };
            } finally {
              isOver = true;
            }
          },
        },
        { streamFastPath },
      );
      using client = CLIENTS[version](server, tokenFor(lifeMs));
      const signal = await begun.promise;
      for (let turns = 0; turns < TURNS; turns += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(isOver).toBe(bytes < TOO_MANY_BYTES);
      if (isRevoked === true) {
        server.revoke("session-1");
      }
      vi.advanceTimersByTime(cutAfterMs - 100);
      await new Promise((resolve) => setImmediate(resolve));
      expect(client.isCut()).toBe(false);
      vi.advanceTimersByTime(150);
      await eventually(() => client.isCut() || undefined);
      await eventually(() => (isOver && server.streams.size === 0) || undefined);
      expect(signal.reason).toMatchObject(expected);
    },
  );
});
