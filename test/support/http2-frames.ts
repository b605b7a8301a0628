import type { HeaderFields } from "../differential/case.ts";

/** The types of frames that tests send or read (RFC 9113 §6). */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
} as const;

/** Flags of frames. */
export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;

/** What every connection begins with. */
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const HEAD_BYTES = 9;

/** The first bytes of a client: the preface, and settings that leave all as it is (RFC 9113 §3.4). */
export const OPENING: Uint8Array = Buffer.concat([
  Buffer.from(PREFACE),
  toFrame(FRAME.settings, 0, 0, new Uint8Array()),
]);

/** Is handed each frame. */
export type OnFrame = (type: number, flags: number, id: number, payload: Buffer) => void;

/** Create what takes the bytes of a connection, and hands on its frames. */
export function createFrameReader(onFrame: OnFrame): (chunk: Buffer) => void {
  let received = Buffer.alloc(0);
  return (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= HEAD_BYTES) {
      const end = HEAD_BYTES + received.readUIntBE(0, 3);
      if (received.length < end) {
        return;
      }
      const id = received.readUInt32BE(5) & 0x7fffffff;
      onFrame(received.readUInt8(3), received.readUInt8(4), id, received.subarray(HEAD_BYTES, end));
      received = received.subarray(end);
    }
  };
}

/** Write a frame. */
export function toFrame(type: number, flags: number, id: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, payload]);
}

/** Literal fields without indexing, in plain text (RFC 7541 §6.2.2). */
export function encodeFields(fields: HeaderFields): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.of(0), encodeText(name), encodeText(value)]),
  );
}

/** Write a number of four bytes. */
export function toUint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A length that fills its seven bits goes on in further bytes (RFC 7541 §5.1). */
function encodeText(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 0x7f) {
    return Buffer.concat([Buffer.of(bytes.length), bytes]);
  }
  const length = [0x7f];
  let rest = bytes.length - 0x7f;
  for (; rest >= 0x80; rest >>= 7) {
    length.push((rest & 0x7f) | 0x80);
  }
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}
