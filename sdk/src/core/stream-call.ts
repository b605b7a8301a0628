import type { Message } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse, UnaryResponse } from "@connectrpc/connect";
import { SessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import { messagesUntil } from "./messages-until.ts";
import type { TokenSource } from "./source.ts";
import { offerTake, type Take, takeOf } from "./take.ts";
import type { Upkeep } from "./upkeep.ts";
import { onAbort, waitFor } from "./waiting.ts";

/** The request header by which a stream gets a name, so that it can be renewed. */
const STREAM_ID_HEADER = "countersign-stream-id";
/** The response header of streams that their server ends with their token. */
const EXPIRES_IN_HEADER = "countersign-expires-in";
/** The response header that says which process has a stream. */
const OWNER_HEADER = "countersign-stream-owner";

/** Request messages of one stream, for as many openings of it as are needed. */
export interface Replay<T> {
  /** The messages from the first one on, for the next opening. */
  readonly messages: () => AsyncIterable<T>;
  /** Whether every message that was sent so far can be sent again. */
  readonly isComplete: () => boolean;
  /** Forget the messages: the stream has been answered and will not be opened again. */
  readonly release: () => void;
  /** Take no more messages: the stream was ended here. Absent when there is only one. */
  readonly close?: (reason: unknown) => void;
}

/** How streams are opened and kept. */
export interface StreamContext {
  /** Keeps streams alive. Absent: their server cannot renew them. */
  readonly streams: Upkeep | undefined;
  /**
   * Where tokens come from. A server that is not the source may know nothing of renewals, unless its response has the
   * header of streams that end with their token.
   */
  readonly source: Pick<TokenSource, "renewStreams">;
  /** Keeps the request messages of a stream for a second opening. Default: those of streams that have only one. */
  readonly replay?: ((req: StreamRequest) => Replay<Message>) | undefined;
  /** The session calls it with the URL of every stream. @returns what to call at its end; it may be called twice */
  readonly onStream?: ((url: string) => () => void) | undefined;
}

/** One stream, which may have to be opened twice. */
export interface StreamCall {
  /** Open the stream, or open it once more, with this token. */
  readonly open: (held: Held, next: Next) => Promise<UnaryResponse | StreamResponse>;
  /** Whether every message that was sent so far can be sent again. */
  readonly canReopen: () => boolean;
  /** Hand on the answer; if it ends before its first message, open the stream once more. */
  readonly answer: (first: StreamResponse, reopen: Reopen) => StreamResponse;
  /** Let the stream go. */
  readonly close: () => void;
}

/** Send a request. */
type Next = (req: StreamRequest) => Promise<UnaryResponse | StreamResponse>;

/** Open the stream once more. @throws `error` when that would not help */
type Reopen = (error: unknown) => Promise<UnaryResponse | StreamResponse>;

/**
 * Prepare a stream.
 *
 * Its refusal comes with the opening or with the first message, depending on the protocol: both count as long as
 * every request message so far can be sent again. While it is open, the stream is kept alive. It ends with its account.
 */
export function createStreamCall(req: StreamRequest, context: StreamContext): StreamCall {
  const { header } = req;
  const replay = (context.replay ?? replayOne)(req);
  // A caller who names the stream renews it as well.
  const streams = header.has(STREAM_ID_HEADER) ? undefined : context.streams;
  let streamId = "";
  let stops: readonly ((() => void) | undefined)[] = [];
  const ending = new AbortController();
  const { signal } = ending;

  function leave(): void {
    if (streams) {
      streams.close(streamId);
      header.delete(STREAM_ID_HEADER);
    }
  }

  function close(): void {
    leave();
    for (const stop of stops) {
      stop?.();
    }
  }

  function end(reason: unknown): void {
    ending.abort(reason);
    close();
  }

  function endWithAccount(cause: unknown): void {
    end(new SessionError("SIGNED_OUT", { cause }));
    // Connect closes the messages of a stream that it sees end; the answers of this one may have no reader.
    replay.close?.(signal.reason);
  }

  // Connect aborts it with every end: nothing of it is left behind.
  onAbort(req.signal, end);
  return {
    open(held, next) {
      close();
      stops = [onAbort(held.ended, endWithAccount), context.onStream?.(req.url)];
      if (streams) {
        streamId = streams.open(held, toBaseUrl(req.url));
        header.set(STREAM_ID_HEADER, streamId);
      }
      return waitFor(next({ ...req, signal, message: replay.messages() }), signal);
    },
    canReopen: replay.isComplete,
    answer(first, reopen) {
      const isRenewed = context.source.renewStreams || first.header.has(EXPIRES_IN_HEADER);
      if (!isRenewed) {
        leave();
      }
      streams?.setOwner(streamId, first.header.get(OWNER_HEADER) ?? undefined);
      return { ...first, message: messagesUntil(signal, messagesOf(first, { replay, reopen, close })) };
    },
    close,
  };
}

/** Take the service and the method away: what is left is where all services are. */
function toBaseUrl(url: string): string {
  return url.split("/").slice(0, -2).join("/");
}

interface Reading {
  readonly replay: Replay<Message>;
  readonly reopen: Reopen;
  readonly close: () => void;
}

/** Read the messages of a stream, over as many openings as it takes. */
function messagesOf(first: StreamResponse, reading: Reading): AsyncIterator<Message, void> {
  let take: Take<Message> | undefined;
  const messages = readAll(first, reading, (opened) => {
    take = takeOf(opened);
  });
  const iterator: AsyncIterator<Message, void> = {
    next: () => messages.next(),
    return() {
      take = undefined;
      return messages.return();
    },
  };
  // Before its first message, the stream may have to be opened once more.
  return offerTake(iterator, () => (reading.replay.isComplete() ? undefined : take?.()));
}

/** @param onOpened is handed what the messages come from, each time */
async function* readAll(
  first: StreamResponse,
  { replay, reopen, close }: Reading,
  onOpened: (messages: AsyncIterator<Message>) => void,
): AsyncGenerator<Message, void> {
  let response = first;
  try {
    for (;;) {
      try {
        const messages = response.message[Symbol.asyncIterator]();
        onOpened(messages);
        for await (const message of { [Symbol.asyncIterator]: () => messages }) {
          replay.release();
          yield message;
        }
        break;
      } catch (error) {
        // A transport answers a stream request with a stream response; the type of interceptors is wider.
        response = (await reopen(error)) as StreamResponse;
      }
    }
    // The caller already holds the first response: what it reads there after the end must be the second's.
    if (response !== first) {
      for (const [name, value] of response.trailer) {
        first.trailer.set(name, value);
      }
    }
  } finally {
    close();
  }
}

/** Keep the one request message of a server stream: browsers send no others. */
function replayOne({ method, message }: StreamRequest): Replay<Message> {
  let isComplete = method.methodKind === "server_streaming";
  let first: Promise<IteratorResult<Message>> | undefined;
  async function* messages(): AsyncGenerator<Message> {
    first ??= message[Symbol.asyncIterator]().next();
    const { done, value } = await first;
    if (done !== true) {
      yield value;
    }
  }
  return {
    messages: () => (isComplete ? messages() : message),
    isComplete: () => isComplete,
    release() {
      isComplete = false;
    },
  };
}
