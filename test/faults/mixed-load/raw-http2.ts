import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { HeaderFields } from "../../differential/case.ts";
import {
  ACK,
  createFrameReader,
  END_HEADERS,
  END_STREAM,
  encodeFields,
  FRAME,
  OPENING,
  toFrame,
  toUint32,
} from "../../support/http2-frames.ts";

/**
 * A connection of HTTP/2 below every client: it sends what it is told, and knows of each stream only when it is over.
 *
 * Node's own client can't be used to break streams off by the thousand: it aborts its process now and then, with
 * "Assertion failed: (current_nghttp2_memory_) >= (previous_size)" (nodejs/node#38964).
 */
export interface RawHttp2 {
  /** Begin a stream. */
  open(fields: HeaderFields): RawStream;
  /** Send the beginning of a header that never ends: nothing else can be sent on the connection then. */
  breakOffHeader(fields: HeaderFields): void;
  /** Whether the other side has closed the connection, or is about to. */
  isOver(): boolean;
  /** Wait until the server has read all that was sent so far, or the connection is over. */
  roundTrip(): Promise<void>;
  /** Break the connection off. */
  destroy(): void;
}

/** One stream. */
export interface RawStream {
  /** Send a part of the body. */
  write(bytes: Uint8Array, options?: { readonly isLast: boolean }): void;
  /** RST_STREAM with CANCEL. */
  reset(): void;
  /** Resolves when the stream is over: answered, or reset by either side. */
  readonly over: Promise<void>;
}

const CANCEL = 8;
/** The stream that is the connection itself. */
const CONNECTION = 0;
const PING_BYTES = 8;

/** How a connection is to be. */
export interface RawHttp2Options {
  /** What it runs on. Default: a new connection to the port. */
  readonly socket?: Socket;
  /** How many bytes the server may send on each stream, of which it gets no more. Default: 65,535. */
  readonly streamWindowBytes?: number;
}

const DEFAULT_WINDOW_BYTES = 65_535;
const INITIAL_WINDOW_SIZE = Buffer.of(0, 4);

/** Connect, and let the server send as much as it likes, or as a stream's window holds. */
export async function connectRawHttp2(port: number, options: RawHttp2Options = {}): Promise<RawHttp2> {
  const { socket = connect(port, "127.0.0.1"), streamWindowBytes = DEFAULT_WINDOW_BYTES } = options;
  const streams = new Map<number, () => void>();
  let isOver = false;
  let lastId = -1;
  const send = (type: number, flags: number, id: number, payload: Uint8Array): void =>
    void (socket.writable && socket.write(toFrame(type, flags, id, payload)));
  const finish = (id: number): void => {
    streams.get(id)?.();
    streams.delete(id);
  };
  const onFrame = (type: number, flags: number, id: number, payload: Buffer): void => {
    const isAnswered = (type === FRAME.data || type === FRAME.headers) && (flags & END_STREAM) !== 0;
    if (isAnswered || type === FRAME.reset) {
      finish(id);
    }
    if (type === FRAME.ping && (flags & ACK) !== 0) {
      finish(CONNECTION);
    }
    if ((type === FRAME.settings || type === FRAME.ping) && (flags & ACK) === 0) {
      send(type, ACK, 0, type === FRAME.ping ? payload : new Uint8Array());
    }
    if (type === FRAME.goaway) {
      isOver = true;
    }
  };
  socket.on("data", createFrameReader(onFrame));
  socket.on("error", () => undefined);
  socket.once("close", () => {
    isOver = true;
    for (const id of [...streams.keys()]) {
      finish(id);
    }
  });
  // A socket that is refused or reset meanwhile is one that is over.
  await Promise.race([once(socket, "connect"), once(socket, "close")]).catch(() => undefined);
  socket.write(OPENING);
  send(FRAME.settings, 0, 0, Buffer.concat([INITIAL_WINDOW_SIZE, toUint32(streamWindowBytes)]));
  send(FRAME.windowUpdate, 0, 0, toUint32(0x3fffffff));
  return {
    open(fields) {
      lastId += 2;
      const id = lastId;
      const over = isOver ? Promise.resolve() : new Promise<void>((resolve) => streams.set(id, resolve));
      send(FRAME.headers, END_HEADERS, id, encodeFields(fields));
      return {
        over,
        write: (bytes, { isLast = false } = { isLast: false }) =>
          send(FRAME.data, isLast ? END_STREAM : 0, id, bytes),
        reset() {
          send(FRAME.reset, 0, id, toUint32(CANCEL));
          finish(id);
        },
      };
    },
    breakOffHeader(fields) {
      lastId += 2;
      send(FRAME.headers, 0, lastId, encodeFields(fields));
    },
    isOver: () => isOver,
    roundTrip() {
      if (isOver) {
        return Promise.resolve();
      }
      send(FRAME.ping, 0, CONNECTION, Buffer.alloc(PING_BYTES));
      return new Promise<void>((resolve) => streams.set(CONNECTION, resolve));
    },
    destroy: () => void socket.destroy(),
  };
}
