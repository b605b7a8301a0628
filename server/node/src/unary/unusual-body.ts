import { Code, ConnectError } from "@connectrpc/connect";
import type { Message } from "../call/call-parts.ts";
import {
  pipe,
  readAllBytes,
  trailerFlag,
  transformDecompressEnvelope,
  transformParseEnvelope,
  transformSplitEnvelope,
} from "../connect-protocol.ts";
import { replay, type UnusualBody } from "../exchange/body.ts";
import type { UnaryCallParts } from "./unary-call.ts";

/**
 * Make what can be made of an unusual body with Connect's own code, so that its error is the same as Connect's.
 *
 * @param onBytes is told how many bytes have come with each part that is still to be read
 * @throws ConnectError nearly always
 */
export async function readUnusualBody(
  { head, method }: UnaryCallParts,
  body: UnusualBody,
  onBytes: (bytes: number) => void,
): Promise<Message> {
  const { protocol, isBinary, contentLength } = head;
  const maxBytes = method.maxBytesOf(isBinary);
  const serialization = method.serialization.getI(isBinary);
  if (protocol === "connect") {
    return serialization.parse(await readAllBytes(replay(body, onBytes), maxBytes, contentLength));
  }
  const parse =
    protocol === "grpc-web"
      ? transformParseEnvelope(serialization, trailerFlag)
      : transformParseEnvelope(serialization);
  return readOne(
    pipe(
      replay(body, onBytes),
      transformSplitEnvelope(maxBytes),
      transformDecompressEnvelope(null, maxBytes),
      parse,
    ),
  );
}

async function readOne(messages: AsyncIterable<Message>): Promise<Message> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) {
    throw violation("missing input message");
  }
  const second = await iterator.next();
  if (second.done !== true) {
    throw violation("received extra input message");
  }
  return first.value;
}

function violation(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what} for unary method`, Code.Unimplemented);
}
