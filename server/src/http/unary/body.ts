import type { Readable } from "node:stream";

/** What is known of a body before it is read. */
export interface BodyShape {
  /** Whether it is one message in an envelope: a flag, the length in four bytes, and the message. */
  readonly isEnveloped: boolean;
  /** How long it is said to be, in bytes. Of no account in an envelope. */
  readonly contentLength: number | undefined;
  /** How large the message may be, in bytes. */
  readonly maxBytes: number;
}

/** Gets a body. One of the two is called, once, unless the caller leaves before. */
export interface BodyListener {
  /** It is one message, of the length that was announced. */
  onMessage(bytes: Uint8Array): void;
  /** Anything else. What has been read of it, and what is still to be read: `undefined` at its end. */
  onUnusual(parts: readonly Uint8Array[], rest: Readable | undefined): void;
}

const ENVELOPE_BYTES = 5;

/** No body has it: with this length expected, every one is unusual. */
const UNUSUAL = -1;

/** Read the body of a request. */
export function receiveBody(source: Readable, shape: BodyShape, listener: BodyListener): void {
  const { isEnveloped, maxBytes } = shape;
  const parts: Buffer[] = [];
  let size = 0;
  let expected = isEnveloped ? undefined : limitLength(shape.contentLength, maxBytes);
  if (expected === UNUSUAL) {
    listener.onUnusual(parts, source);
    return;
  }
  const onData = (part: Buffer): void => {
    parts.push(part);
    size += part.length;
    if (isEnveloped) expected ??= readEnvelope(parts, size, maxBytes);
    if (size <= (expected ?? maxBytes)) return;
    source.off("data", onData).off("end", onEnd).pause();
    listener.onUnusual(parts, source);
  };
  const onEnd = (): void => {
    const isWhole = expected === undefined ? !isEnveloped : size === expected;
    if (isWhole) listener.onMessage(join(parts, isEnveloped ? ENVELOPE_BYTES : 0, size));
    else listener.onUnusual(parts, undefined);
  };
  source.on("data", onData).on("end", onEnd);
}

function limitLength(contentLength: number | undefined, maxBytes: number): number | undefined {
  return contentLength !== undefined && contentLength > maxBytes ? UNUSUAL : contentLength;
}

/** Say how long a body is that begins with an envelope, as soon as that can be told. */
function readEnvelope(parts: readonly Buffer[], size: number, maxBytes: number): number | undefined {
  if (size < ENVELOPE_BYTES) return undefined;
  const [first] = parts;
  const head = first !== undefined && first.length >= ENVELOPE_BYTES ? first : Buffer.concat(parts);
  const length = head.readUInt32BE(1);
  return head[0] !== 0 || length > maxBytes ? UNUSUAL : ENVELOPE_BYTES + length;
}

/** Copy: Node cuts the parts out of memory that other calls share, and a handler may keep what it gets. */
function join(parts: readonly Buffer[], skip: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size - skip);
  let at = -skip;
  for (const part of parts) {
    bytes.set(at < 0 ? part.subarray(-at) : part, Math.max(0, at));
    at += part.length;
  }
  return bytes;
}
