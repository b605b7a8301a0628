import { toBinary } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse, UnaryResponse } from "@connectrpc/connect";
import type { Held } from "./holder.ts";
import type { OpenStreams } from "./open-streams.ts";
import { createReplay, type Replay } from "./replay.ts";

/** The request header by which a stream gets a name, so that it can be renewed. */
const STREAM_ID_HEADER = "countersign-stream-id";
/** The response header of streams that their server ends with their token. */
const EXPIRES_IN_HEADER = "countersign-expires-in";

/** One stream, which may have to be opened twice. */
export interface StreamCall {
  /** Prepare the next opening, with this token. */
  readonly prepare: (held: Held) => StreamRequest;
  /** Whether every message that was sent so far can be sent again. */
  readonly canReopen: () => boolean;
  /** Hand on the answer; if it ends before its first message, open the stream once more. */
  readonly answer: (first: StreamResponse, reopen: Reopen) => StreamResponse;
  /** Let the stream go. */
  readonly close: () => void;
}

/** Open the stream once more. @throws `error` when that would not help */
type Reopen = (error: unknown) => Promise<UnaryResponse | StreamResponse>;

/**
 * Prepare a stream.
 *
 * Its refusal comes with the opening or with the first message, depending on the protocol: both count as long as
 * every request message so far can be sent again. While it is open, the stream is kept alive.
 */
export function createStreamCall(req: StreamRequest, streams: OpenStreams | undefined): StreamCall {
  const replay = createReplay({
    source: req.message,
    sizeOf: (message) => toBinary(req.method.input, message).byteLength,
  });
  // A caller who names the stream renews it as well.
  const isOurs = streams !== undefined && !req.header.has(STREAM_ID_HEADER);
  let streamId = "";
  const close = (): void => {
    streams?.close(streamId);
    if (isOurs) req.header.delete(STREAM_ID_HEADER);
  };
  req.signal.addEventListener("abort", close);
  return {
    prepare(held) {
      close();
      if (isOurs) {
        streamId = streams.open(held);
        req.header.set(STREAM_ID_HEADER, streamId);
      }
      return { ...req, message: replay.messages() };
    },
    canReopen: () => replay.isComplete(),
    answer(first, reopen) {
      if (streams?.mustBeTold === true && !first.header.has(EXPIRES_IN_HEADER)) close();
      return { ...first, message: messagesOf(first, { replay, reopen, close }) };
    },
    close,
  };
}

interface Reading {
  readonly replay: Replay<unknown>;
  readonly reopen: Reopen;
  readonly close: () => void;
}

async function* messagesOf(
  first: StreamResponse,
  { replay, reopen, close }: Reading,
): StreamResponse["message"] {
  let response = first;
  try {
    for (;;) {
      try {
        for await (const message of response.message) {
          replay.release();
          yield message;
        }
        break;
      } catch (error) {
        // A transport answers a stream request with a stream response; the type of interceptors does not say so.
        response = (await reopen(error)) as StreamResponse;
      }
    }
    // The caller already holds the first response: what it reads there after the end must be the second's.
    if (response !== first) for (const [name, value] of response.trailer) first.trailer.set(name, value);
  } finally {
    close();
  }
}
