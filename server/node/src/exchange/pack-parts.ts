import { createByteParts } from "@countersign/server/internal";

/**
 * Above this many bytes nothing more is waited for: so much at most is read ahead of who holds the body to its limit.
 */
const ENOUGH_BYTES = 16 * 1024;

/**
 * Put tiny parts of a body together, for who keeps them until its end: a stranger could send it byte by byte.
 *
 * What came waits for what follows, so it is for bodies that mean nothing before they are whole.
 */
export function packParts(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  return pack(body, () => false);
}

/**
 * Put tiny parts of a body of enveloped messages together. Only of a message that is not whole yet is anything held
 * back: Connect counts all parts that it has of one anew with each that comes.
 */
export function packEnvelopes(body: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  const walk = createEnvelopeWalk();
  return pack(body, (part) => walk(part).hasEnd);
}

/** @param isAwaited decides for each part whether the reader waits for what came so far */
async function* pack(
  body: AsyncIterable<Uint8Array>,
  isAwaited: (part: Uint8Array) => boolean,
): AsyncIterable<Uint8Array> {
  const pile = createByteParts();
  for await (const part of body) {
    const isEnough = isAwaited(part) || pile.size + part.length >= ENOUGH_BYTES;
    if (isEnough && pile.size === 0) {
      yield part;
      continue;
    }
    pile.add(part);
    if (isEnough) {
      yield pile.take();
    }
  }
  if (pile.size > 0) {
    yield pile.take();
  }
}

/** A flag, and the length of the message in four bytes. */
const HEADER_BYTES = 5;

/** Create what says of each part how many bytes of a message there are that is not whole yet. */
export function createMessageMeter(): (part: Uint8Array) => number {
  const walk = createEnvelopeWalk();
  return (part) => walk(part).pendingBytes;
}

/** Where the parts of a body of enveloped messages have come to. */
interface EnvelopeProgress {
  /** Whether a message, or the length of one, ends in the last part. */
  readonly hasEnd: boolean;
  /** How many bytes have come of a message that is not whole yet. */
  readonly pendingBytes: number;
}

/** Create what says of each part of a body where it has come to. */
function createEnvelopeWalk(): (part: Uint8Array) => EnvelopeProgress {
  let headerLeft = HEADER_BYTES;
  let length = 0;
  let messageLeft = 0;
  const endsHeader = (byte: number): boolean => {
    length = headerLeft === HEADER_BYTES ? 0 : length * 256 + byte;
    headerLeft -= 1;
    if (headerLeft > 0) {
      return false;
    }
    headerLeft = HEADER_BYTES;
    messageLeft = length;
    return true;
  };
  return (part) => {
    let hasEnd = false;
    let at = 0;
    while (at < part.length) {
      if (messageLeft === 0) {
        hasEnd = endsHeader(part[at] ?? 0) || hasEnd;
        at += 1;
        continue;
      }
      const step = Math.min(messageLeft, part.length - at);
      messageLeft -= step;
      at += step;
      hasEnd ||= messageLeft === 0;
    }
    const header = messageLeft > 0 ? HEADER_BYTES : HEADER_BYTES - headerLeft;
    return { hasEnd, pendingBytes: header + (messageLeft > 0 ? length - messageLeft : 0) };
  };
}
