import type { BodyInspection } from "./body-inspection.ts";
import { joinParts } from "./decompress.ts";
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
  for await (const part of body) {
    pile.add(part);
    // All that came is taken before any is handed on, as Connect does: the first error is the same.
    for (const envelope of pile.takeWhole()) {
      const inspected = inspectEnvelope(envelope, inspection);
      yield inspected instanceof Promise ? await inspected : inspected;
    }
  }
  if (pile.size > 0) {
    yield pile.takeRest();
  }
}

/** @returns the envelope for the handler */
function inspectEnvelope(
  envelope: Uint8Array,
  { inspector, isBinary, maxBytes, decompress }: BodyInspection,
): Uint8Array | Promise<Uint8Array> {
  const flags = envelope[0] ?? 0;
  const sent = envelope.subarray(HEAD_BYTES);
  if (flags % 2 !== COMPRESSED) {
    inspector.inspect(sent, isBinary);
    return envelope;
  }
  if (decompress === undefined) {
    return envelope; // Connect refuses it
  }
  return decompress(sent, maxBytes).then((message) => {
    inspector.inspect(message, isBinary);
    const head = new Uint8Array(HEAD_BYTES);
    head[0] = flags - COMPRESSED;
    new DataView(head.buffer).setUint32(1, message.length);
    return joinParts([head, message], HEAD_BYTES + message.length);
  });
}

/** Parts of a body, of which whole envelopes are taken. Nothing is set aside for what has not come. */
function createEnvelopePile(maxBytes: number) {
  let parts: Uint8Array[] = [];
  let size = 0;
  /** How long the first envelope is; undefined: not enough of it has come. */
  let length: number | undefined;

  const takeRest = (): Uint8Array => {
    const [first] = parts;
    const rest = first !== undefined && parts.length === 1 ? first : joinParts(parts, size);
    parts = [];
    size = 0;
    length = undefined;
    return rest;
  };
  const readLength = (): number => {
    const bytes = new Uint8Array(HEAD_BYTES);
    let at = 0;
    for (const part of parts) {
      bytes.set(part.subarray(0, HEAD_BYTES - at), at);
      at += Math.min(part.length, HEAD_BYTES - at);
      if (at === HEAD_BYTES) {
        break;
      }
    }
    const message = new DataView(bytes.buffer).getUint32(1);
    if (message > maxBytes) {
      throw tooLarge(maxBytes, message);
    }
    return HEAD_BYTES + message;
  };
  /** Take the first envelope; undefined: it is not whole yet. @throws ConnectError when its message is too large */
  const take = (): Uint8Array | undefined => {
    length ??= size < HEAD_BYTES ? undefined : readLength();
    if (length === undefined || size < length) {
      return undefined;
    }
    const end = length;
    const all = takeRest();
    if (all.length > end) {
      parts = [all.subarray(end)];
      size = all.length - end;
    }
    return all.length === end ? all : all.subarray(0, end);
  };
  return {
    get size(): number {
      return size;
    },
    add(part: Uint8Array): void {
      if (part.length > 0) {
        parts.push(part);
        size += part.length;
      }
    },
    /** Take all envelopes that are whole. @throws ConnectError when the message of one is too large */
    takeWhole(): readonly Uint8Array[] {
      const envelopes: Uint8Array[] = [];
      for (let envelope = take(); envelope !== undefined; envelope = take()) {
        envelopes.push(envelope);
      }
      return envelopes;
    },
    takeRest,
  };
}
