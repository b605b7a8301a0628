import type { IncomingHttpHeaders } from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import { offerTake } from "../../core/take.ts";
import { FrameReader } from "./frames.ts";
import type { AnswerReader, HeadFields, Http2Exchange } from "./http2-exchange.ts";
import { decompressFrame, isCompressed, type ReceivedFrame } from "./received-frame.ts";
import { ReceivedHeaders } from "./received-headers.ts";
import type { AnswerOptions, StreamFraming, WireProtocol } from "./wire-protocol.ts";

/** What {@link StreamAnswer} needs. */
export interface StreamAnswerOptions extends AnswerOptions {
  readonly protocol: Pick<WireProtocol, "createFraming">;
}

/** The header of a stream, as soon as it has come. */
interface Opening {
  readonly resolve: () => void;
  readonly reject: (error: ConnectError) => void;
}

/** A reader that waits for a message. */
interface Waiter {
  readonly resolve: (result: IteratorResult<Message> | Promise<IteratorResult<Message>>) => void;
  readonly reject: (error: unknown) => void;
}

/** While the caller has left this many bytes unread, the stream takes no more from the connection. */
const MAX_QUEUED_BYTES = 64 * 1024;
/** What a message takes beside its bytes, about. */
const OVERHEAD_BYTES = 64;

/** The answer of a stream: a queue of messages between the connection and the application. */
export class StreamAnswer implements AnswerReader, AsyncIterator<Message> {
  readonly header: ReceivedHeaders = new ReceivedHeaders();
  readonly trailer: ReceivedHeaders = new ReceivedHeaders();
  readonly #options: StreamAnswerOptions;
  readonly #opening: Opening;
  readonly #frames: FrameReader;
  #exchange: Http2Exchange | undefined;
  readonly #framing: StreamFraming;
  #compression: Compression | undefined;
  /** Settles when a frame has been read that is no message. */
  #reading: Promise<void> | undefined;
  #queue: ReceivedFrame[] = [];
  #queuedBytes = 0;
  #isPaused = false;
  #waiters: Waiter[] = [];
  #end: { readonly error: unknown } | undefined;

  constructor(options: StreamAnswerOptions, opening: Opening) {
    this.#options = options;
    this.#opening = opening;
    const { header, trailer } = this;
    this.#framing = options.protocol.createFraming({ header, trailer, messages: options.messages });
    const onFrame = (data: Uint8Array, flags: number): void => this.#onFrame({ data, flags });
    this.#frames = new FrameReader(onFrame, options.messages.readMaxBytes);
    offerTake(this, this.#take);
  }

  /** Note what brings the answer. */
  readFrom(exchange: Http2Exchange): void {
    this.#exchange = exchange;
  }

  onHead(fields: HeadFields): void {
    this.header.receive(fields);
    this.#compression = this.#framing.readHead(fields);
    this.#opening.resolve();
  }

  onData(chunk: Uint8Array): void {
    this.#frames.push(chunk);
  }

  onEnd(trailers: IncomingHttpHeaders | undefined): void {
    const conclude = (): void => this.#finish(this.#errorAtEnd(trailers));
    if (this.#reading === undefined) {
      conclude();
    } else {
      this.#reading.then(conclude, (error: unknown) => this.#finish(error));
    }
  }

  onFailure(error: ConnectError): void {
    this.#opening.reject(error);
    this.#finish(error);
  }

  readonly #take = (): Message | undefined => {
    const [frame] = this.#queue;
    if (frame === undefined || isCompressed(frame)) {
      return undefined;
    }
    this.#shift();
    try {
      return this.#decode(frame.data).value;
    } catch {
      return undefined; // it is the end now, which is what the next one asks for
    }
  };

  next(): Promise<IteratorResult<Message>> {
    const frame = this.#shift();
    if (frame !== undefined) {
      return settle(() => this.#read(frame));
    }
    if (this.#end === undefined) {
      return new Promise((resolve, reject) => this.#waiters.push({ resolve, reject }));
    }
    return this.#end.error === undefined ? Promise.resolve(DONE) : Promise.reject(this.#end.error);
  }

  #shift(): ReceivedFrame | undefined {
    const frame = this.#queue.shift();
    if (frame !== undefined) {
      this.#queuedBytes -= frame.data.length + OVERHEAD_BYTES;
      this.#setPaused(this.#queuedBytes > MAX_QUEUED_BYTES / 2 && this.#isPaused);
    }
    return frame;
  }

  #onFrame(frame: ReceivedFrame): void {
    const taken = this.#framing.takeFrame(frame);
    if (taken === false) {
      this.#onMessage(frame);
    } else if (taken !== true) {
      this.#reading = taken;
      taken.catch((error: unknown) => this.#exchange?.fail(ConnectError.from(error)));
    }
  }

  #onMessage(frame: ReceivedFrame): void {
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve(settle(() => this.#read(frame)));
      return;
    }
    this.#queue.push(frame);
    this.#queuedBytes += frame.data.length + OVERHEAD_BYTES;
    this.#setPaused(this.#queuedBytes > MAX_QUEUED_BYTES);
  }

  #setPaused(isPaused: boolean): void {
    if (isPaused !== this.#isPaused) {
      this.#isPaused = isPaused;
      this.#exchange?.setPaused(isPaused);
    }
  }

  #read(frame: ReceivedFrame): IteratorResult<Message> | Promise<IteratorResult<Message>> {
    if (isCompressed(frame)) {
      const decompression = {
        compression: this.#compression,
        maxBytes: this.#options.messages.readMaxBytes,
      };
      return decompressFrame(frame, decompression).then(this.#decode, this.#fail);
    }
    return this.#decode(frame.data);
  }

  readonly #decode = (data: Uint8Array): IteratorResult<Message> => {
    try {
      return { done: false, value: this.#options.decode(data) };
    } catch (error) {
      return this.#fail(error);
    }
  };

  readonly #fail = (error: unknown): never => {
    this.#queue = [];
    this.#exchange?.cancel(error);
    this.#finish(error);
    throw error;
  };

  #errorAtEnd(trailers: IncomingHttpHeaders | undefined): unknown {
    const error = this.#framing.errorAtEnd(trailers);
    return this.#frames.isBetweenFrames
      ? error
      : new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
  }

  #finish(error: unknown): void {
    this.#end = { error };
    for (const { resolve, reject } of this.#waiters.splice(0)) {
      if (error === undefined) {
        resolve(DONE);
      } else {
        reject(error);
      }
    }
  }
}

const DONE = { done: true, value: undefined } as const;

/** Make a promise of what a function returns or throws. */
function settle<T>(run: () => T | Promise<T>): Promise<T> {
  try {
    return Promise.resolve(run());
  } catch (error) {
    return Promise.reject(error);
  }
}
