import { joinParts } from "../../kernel/byte-parts.ts";
import { createEnvelopePile, HEAD_BYTES } from "../../kernel/envelopes.ts";
import { nextTurn } from "../../kernel/next-turn.ts";
import type { BodyInspection } from "./body-inspection.ts";
import { tooLarge } from "./inspect-whole.ts";

const COMPRESSED = 1;
/** Of messages that came together, so many are handed on in one turn: one part can have thousands of empty ones. */
export const MESSAGES_A_TURN = 128;

/** Look at each of the enveloped messages of a body. What is left of one at the end is for Connect, which refuses it. */
export async function* inspectEnvelopes(
  body: AsyncIterable<Uint8Array>,
  inspection: BodyInspection,
): AsyncGenerator<Uint8Array> {
  const pile = createEnvelopePile(inspection.maxBytes, tooLarge);
  const { waiting } = inspection;
  for await (const part of waiting.read(body)) {
    // All that came is taken before any is handed on, as Connect does: the first error is the same.
    const envelopes = pile.takeWhole(part);
    waiting.hold(pile.size);
    for (const [index, envelope] of envelopes.entries()) {
      if (index > 0 && index % MESSAGES_A_TURN === 0) {
        await nextTurn();
      }
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
