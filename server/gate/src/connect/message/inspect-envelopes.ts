import { createByteParts, joinParts } from "../../kernel/byte-parts.ts";
import type { BodyInspection } from "./body-inspection.ts";
import { tooLarge } from "./inspect-whole.ts";

/** A flag, and the length of the message in four bytes. */
const HEAD_BYTES = 5;
const COMPRESSED = 1;

/** Look at each of the enveloped messages of a body. What is left of one at the end is for Connect, which refuses it. */
export async function* inspectEnvelopes(
  body: AsyncIterable<Uint8Array>,
  inspection: BodyInspection,
): AsyncGenerator<Uint8Array> {
  const pile = createEnvelopePile(inspection.maxBytes);
  const { waiting } = inspection;
  for await (const part of waiting.read(body)) {
    // All that came is taken before any is handed on, as Connect does: the first error is the same.
    const envelopes = pile.takeWhole(part);
    waiting.hold(pile.size);
    for (const envelope of envelopes) {
      const inspected = inspectEnvelope(envelope, inspection);
      yield inspected instanceof Promise ? await inspected : inspected;
    }
  }
  const rest = pile.takeRest();
  if (rest.length > 0) {
    yield rest;
  }
}

/** @returns the envelope for the handler */
function inspectEnvelope(
  envelope: Uint8Array,
  { inspector, isBinary, maxBytes, expand }: BodyInspection,
): Uint8Array | Promise<Uint8Array> {
  const flags = envelope[0] ?? 0;
  const sent = envelope.subarray(HEAD_BYTES);
  if (flags % 2 !== COMPRESSED) {
    inspector.inspect(sent, isBinary);
    return envelope;
  }
  if (expand === undefined) {
    return envelope; // Connect refuses it
  }
  return expand(sent, maxBytes).then((message) => {
    inspector.inspect(message, isBinary);
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = flags - COMPRESSED;
    new DataView(head.buffer).setUint32(1, message.length);
    return joinParts([head, message], HEAD_BYTES + message.length);
  });
}

/** What has come of the first envelope that is not whole. Nothing is set aside for what has not come. */
function createEnvelopePile(maxBytes: number) {
  const held = createByteParts();
  /** How long the first envelope is; undefined: not enough of it has come. */
  let length: number | undefined;

  /** @throws ConnectError when the message is too large */
  const readLength = (bytes: Uint8Array): number | undefined => {
    if (bytes.length < HEAD_BYTES) {
      return undefined;
    }
    const message = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (message > maxBytes) {
      throw tooLarge(maxBytes, message);
    }
    return HEAD_BYTES + message;
  };
  const takeBefore = (part: Uint8Array): Uint8Array => {
    if (held.size === 0) {
      return part;
    }
    held.add(part);
    return held.take();
  };
  return {
    /** How many bytes there are of it. */
    get size(): number {
      return held.size;
    },
    /** Take all envelopes that are whole with this part. @throws ConnectError when the message of one is too large */
    takeWhole(part: Uint8Array): readonly Uint8Array[] {
      const envelopes: Uint8Array[] = [];
      let rest = length === undefined ? takeBefore(part) : part;
      for (;;) {
        length ??= readLength(rest);
        if (length === undefined || held.size + rest.length < length) {
          held.add(rest);
          return envelopes;
        }
        const end = length - held.size;
        envelopes.push(takeBefore(rest.subarray(0, end)));
        rest = rest.subarray(end);
        length = undefined;
      }
    },
    /** Take what there is of one that is not whole. */
    takeRest: (): Uint8Array => held.take(),
  };
}
