import type { Readable } from "node:stream";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  pipe,
  readAllBytes,
  transformDecompressEnvelope,
  transformParseEnvelope,
  transformSplitEnvelope,
} from "@connectrpc/connect/protocol";
import { trailerFlag } from "@connectrpc/connect/protocol-grpc-web";
import { packParts } from "../pack-parts.ts";
import type { Message } from "./call-handler.ts";
import type { UnaryHead } from "./head.ts";
import type { UnaryMethod } from "./methods.ts";

/** A body that is not simply one message. */
export interface UnusualBody {
  /** What has been read of it. */
  readonly parts: readonly Uint8Array[];
  /** What is still to be read. */
  readonly rest: Readable | undefined;
}

/**
 * Make what can be made of an unusual body with Connect's own code, so that it is told the same as by Connect.
 *
 * @throws ConnectError nearly always
 */
export async function readUnusualBody(
  { head, method }: { readonly head: UnaryHead; readonly method: UnaryMethod },
  body: UnusualBody,
): Promise<Message> {
  const { protocol, isBinary, contentLength } = head;
  const { readMaxBytes: maxBytes } = method;
  const serialization = method.serialization.getI(isBinary);
  if (protocol === "connect") {
    return serialization.parse(await readAllBytes(replay(body), maxBytes, contentLength));
  }
  const parse =
    protocol === "grpc-web"
      ? transformParseEnvelope(serialization, trailerFlag)
      : transformParseEnvelope(serialization);
  return readOne(
    pipe(replay(body), transformSplitEnvelope(maxBytes), transformDecompressEnvelope(null, maxBytes), parse),
  );
}

async function* replay({ parts, rest }: UnusualBody): AsyncIterable<Uint8Array> {
  yield* parts;
  // The iterator must not destroy the request when it is told to stop: that would cut off the answer.
  if (rest !== undefined) yield* packParts(rest.iterator({ destroyOnReturn: false }));
}

async function readOne(messages: AsyncIterable<Message>): Promise<Message> {
  const iterator = messages[Symbol.asyncIterator]();
  const first = await iterator.next();
  if (first.done === true) throw violation("missing input message");
  const second = await iterator.next();
  if (second.done !== true) throw violation("received extra input message");
  return first.value;
}

function violation(what: string): ConnectError {
  return new ConnectError(`protocol error: ${what} for unary method`, Code.Unimplemented);
}
