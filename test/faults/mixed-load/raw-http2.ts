import { once } from "node:events";
import { connect } from "node:net";
import type { HeaderFields } from "../../differential/case.ts";

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

const FRAME = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7, windowUpdate: 8 } as const;
const END_STREAM = 1;
const ACK = 1;
const END_HEADERS = 4;
const CANCEL = 8;
const HEAD_BYTES = 9;

/** Connect, and let the server send as much as it likes. */
export async function connectRawHttp2(port: number): Promise<RawHttp2> {
  const socket = connect(port, "127.0.0.1");
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
    if (isAnswered || type === FRAME.reset) finish(id);
    if ((type === FRAME.settings || type === FRAME.ping) && (flags & ACK) === 0)
      send(type, ACK, 0, type === FRAME.ping ? payload : new Uint8Array());
    if (type === FRAME.goaway) isOver = true;
  };
  socket.on("data", createFrameReader(onFrame));
  socket.on("error", () => undefined);
  socket.once("close", () => {
    isOver = true;
    for (const id of [...streams.keys()]) finish(id);
  });
  await Promise.race([once(socket, "connect"), once(socket, "close")]);
  socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  send(FRAME.settings, 0, 0, new Uint8Array());
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
    destroy: () => void socket.destroy(),
  };
}

function createFrameReader(onFrame: (type: number, flags: number, id: number, payload: Buffer) => void) {
  let received = Buffer.alloc(0);
  return (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + received.readUIntBE(0, 3);
      if (received.length < end) return;
      const id = received.readUInt32BE(5) & 0x7fffffff;
      onFrame(received.readUInt8(3), received.readUInt8(4), id, received.subarray(HEAD_BYTES, end));
      received = received.subarray(end);
    }
  };
}

function toFrame(type: number, flags: number, id: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing, in plain text (RFC 7541 §6.2.2). */
function encodeFields(fields: HeaderFields): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.of(0), encodeText(name), encodeText(value)]),
  );
}

function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length >= 0x7f) throw new RangeError("longer texts have another form, which nobody needs here");
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function toUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
