import { Code, ConnectError } from "@connectrpc/connect";
import { createByteParts } from "../../kernel/byte-parts.ts";
import type { BodyInspection } from "./body-inspection.ts";

/**
 * Look at a body that is one message, once it is whole. One that is not as long as was announced is left to Connect, which
 * refuses it.
 *
 * @param announced the length in its header
 */
export async function* inspectWhole(
  body: AsyncIterable<Uint8Array>,
  { inspector, isBinary, maxBytes, expand, waiting }: BodyInspection,
  announced: string | null,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const expected = announced !== null && /^\d{1,15}$/.test(announced) ? Number(announced) : undefined;
  if (expected !== undefined && expected > maxBytes) {
    throw tooLarge(maxBytes, expected);
  }
  const parts = createByteParts();
  for await (const part of waiting.read(body)) {
    parts.add(part);
    waiting.hold(parts.size);
    if (parts.size > (expected ?? maxBytes)) {
      break;
    }
  }
  const sent = parts.take();
  const size = sent.length;
  if (expected !== undefined && size !== expected) {
    if (expand !== undefined) {
      throw new ConnectError(
        `protocol error: promised ${expected} bytes, received ${size}`,
        Code.InvalidArgument,
      );
    }
    yield sent;
    return;
  }
  if (size > maxBytes) {
    throw tooLarge(maxBytes);
  }
  const message = expand === undefined ? sent : await expand(sent, maxBytes);
  inspector.inspect(message, isBinary);
  yield message;
}

/** Make the error of a message that is too large, as Connect says it. @param size how large it is, where that is known */
export function tooLarge(maxBytes: number, size?: number): ConnectError {
  return new ConnectError(
    `message size ${size === undefined ? "" : `${size} `}is larger than configured readMaxBytes ${maxBytes}`,
    Code.ResourceExhausted,
  );
}
