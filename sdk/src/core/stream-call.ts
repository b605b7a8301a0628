import { toBinary } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse } from "@connectrpc/connect";
import type { Authorized, NextStream } from "./authorized-call.ts";
import type { Held } from "./holder.ts";
import type { OpenStream, OpenStreams } from "./open-streams.ts";
import { createReplay, type Replay } from "./replay.ts";

/** The request header by which a stream gets a name, so that it can be renewed. */
const STREAM_ID_HEADER = "countersign-stream-id";

/** A stream's call and token, and who keeps it alive. */
export interface AuthorizedStream extends Authorized {
  readonly streams: OpenStreams | undefined;
}

/**
 * Open a stream with a token, and once more with a newer one when the server refuses it.
 *
 * The refusal comes with the opening or with the first message, depending on the protocol: both count as long
 * as every request message so far can be sent again. While it is open, the stream is kept alive.
 */
export async function callStream(
  next: NextStream,
  req: StreamRequest,
  { call, held, streams }: AuthorizedStream,
): Promise<StreamResponse> {
  const replay = createReplay({
    source: req.message,
    sizeOf: (message) => toBinary(req.method.input, message).byteLength,
  });
  const { name, close } = createNaming(req, streams);
  const open = (on: Held) => {
    name(on);
    return next({ ...req, message: replay.messages() });
  };
  const reopen = async (error: unknown): Promise<StreamResponse> => {
    if (!replay.isComplete()) throw error;
    return open(await call.attachNewer(held, error));
  };
  try {
    const first = await openOnce(() => open(held), reopen, replay);
    return { ...first, message: andThen(first.message, close) };
  } catch (error) {
    close();
    throw error;
  }
}

async function openOnce(
  open: () => Promise<StreamResponse>,
  reopen: Reopen,
  replay: Replay<unknown>,
): Promise<StreamResponse> {
  let first: StreamResponse;
  try {
    first = await open();
  } catch (error) {
    return releasing(await reopen(error), replay);
  }
  return { ...first, message: withReopening(first, replay, reopen) };
}

/** Give each opening of a stream a name of its own, unless the caller gave it one and so renews it itself. */
function createNaming(req: StreamRequest, streams: OpenStreams | undefined) {
  const isOurs = streams !== undefined && !req.header.has(STREAM_ID_HEADER);
  let stream: OpenStream | undefined;
  const close = (): void => stream?.close();
  if (isOurs) req.signal.addEventListener("abort", close, { once: true });
  const name = (held: Held): void => {
    if (!isOurs) return;
    close();
    stream = streams.open(held);
    req.header.set(STREAM_ID_HEADER, stream.streamId);
  };
  return { name, close };
}

async function* andThen<T>(messages: AsyncIterable<T>, done: () => void): AsyncGenerator<T> {
  try {
    yield* messages;
  } finally {
    done();
  }
}

function releasing(response: StreamResponse, replay: Replay<unknown>): StreamResponse {
  replay.release();
  return response;
}

type Reopen = (error: unknown) => Promise<StreamResponse>;

function withReopening(
  first: StreamResponse,
  replay: Replay<unknown>,
  reopen: Reopen,
): StreamResponse["message"] {
  async function* messages(): StreamResponse["message"] {
    const iterator = first.message[Symbol.asyncIterator]();
    let result: Awaited<ReturnType<typeof iterator.next>>;
    try {
      result = await iterator.next();
    } catch (error) {
      const second = await reopen(error);
      replay.release();
      yield* second.message;
      // The caller already holds the first response: what it reads there after the end must be the second's.
      for (const [name, value] of second.trailer) first.trailer.set(name, value);
      return;
    }
    replay.release();
    for (; result.done !== true; result = await iterator.next()) yield result.value;
  }
  return messages();
}
