import type { ClientHttp2Stream } from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import type { RequestBody } from "./http2-exchange.ts";

/** The body of a request that has one message, or none at all. */
export class SingleBody implements RequestBody {
  readonly #data: Uint8Array | undefined;

  constructor(data: Uint8Array | undefined) {
    this.#data = data;
  }

  attach(stream: ClientHttp2Stream): void {
    stream.end(this.#data);
  }

  canReplay(): boolean {
    return true;
  }

  /** All of it is at hand, whatever becomes of the call. */
  release(): void {}

  /** It is sent at once. */
  stop(): void {}
}

function nothing(): void {}

/** What {@link StreamBody} needs. */
export interface StreamBodyOptions {
  readonly messages: AsyncIterable<Message>;
  readonly encode: (message: Message) => Uint8Array | Promise<Uint8Array>;
  /** Called when the messages fail, or one cannot be written. */
  readonly onFailure: (error: ConnectError) => void;
}

/** As many bytes are joined into one write: as much as goes into a frame of HTTP/2. */
const MAX_WRITE_BYTES = 16 * 1024;
/** What of a stream is kept, so that it can be sent once more: as much as the session keeps. */
const MAX_KEPT_FRAMES = 16;
const MAX_KEPT_BYTES = 64 * 1024;

/**
 * The body of a request that is a stream: it reads the messages as fast as the server takes them, and joins those of one
 * tick into one write.
 */
export class StreamBody implements RequestBody {
  readonly #options: StreamBodyOptions;
  readonly #iterator: AsyncIterator<Message>;
  #stream: ClientHttp2Stream | undefined;
  #kept: Uint8Array[] | undefined = [];
  #keptBytes = 0;
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isReading = false;
  #hasEnded = false;
  #isStopped = false;
  #isFull = false;
  #willFlush = false;

  constructor(options: StreamBodyOptions) {
    this.#options = options;
    this.#iterator = options.messages[Symbol.asyncIterator]();
  }

  attach(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    this.#isFull = false;
    this.#waiting = [...(this.#kept ?? [])];
    this.#waitingBytes = this.#keptBytes;
    stream.on("drain", this.#onDrain);
    if (this.#waiting.length > 0 || this.#hasEnded) {
      this.#flush();
    }
    this.#read();
  }

  canReplay(): boolean {
    return this.#kept !== undefined;
  }

  release(): void {
    this.#kept = undefined;
  }

  stop(reason?: unknown): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#kept = undefined;
    if (!this.#hasEnded) {
      // The call is over: what its messages say to that has no reader.
      const end = reason === undefined ? undefined : this.#iterator.throw?.(reason);
      end?.catch(nothing);
      this.#iterator.return?.().catch(nothing);
    }
  }

  /** Whether what was sent may have to go over another stream first. */
  get #isDetached(): boolean {
    const stream = this.#stream;
    return stream === undefined || stream.destroyed || stream.closed;
  }

  #read(): void {
    if (!(this.#isReading || this.#hasEnded || this.#isFull || this.#isStopped || this.#isDetached)) {
      this.#isReading = true;
      this.#iterator.next().then(this.#onResult, this.#onError);
    }
  }

  readonly #onResult = (result: IteratorResult<Message>): void => {
    this.#isReading = false;
    if (this.#isStopped) {
      return;
    }
    if (result.done === true) {
      this.#hasEnded = true;
      this.#flush();
      return;
    }
    try {
      const frame = this.#options.encode(result.value);
      if (frame instanceof Promise) {
        this.#isReading = true; // one behind the other
        frame.then(this.#onFrame, this.#onError);
      } else {
        this.#onFrame(frame);
      }
    } catch (error) {
      this.#onError(error);
    }
  };

  readonly #onFrame = (frame: Uint8Array): void => {
    this.#isReading = false;
    if (!this.#isStopped) {
      this.#add(frame);
      this.#read();
    }
  };

  readonly #onError = (error: unknown): void => {
    this.#isReading = false;
    this.#options.onFailure(ConnectError.from(error, Code.Internal));
  };

  readonly #onDrain = (): void => {
    this.#isFull = false;
    this.#read();
  };

  #add(frame: Uint8Array): void {
    this.#keep(frame);
    this.#waiting.push(frame);
    this.#waitingBytes += frame.length;
    if (this.#waitingBytes >= MAX_WRITE_BYTES) {
      this.#flush();
    } else if (!this.#willFlush) {
      this.#willFlush = true;
      process.nextTick(this.#flushLater);
    }
  }

  #keep(frame: Uint8Array): void {
    if (this.#kept === undefined) {
      return;
    }
    this.#kept.push(frame);
    this.#keptBytes += frame.length;
    const isTooMuch = this.#kept.length > MAX_KEPT_FRAMES || this.#keptBytes > MAX_KEPT_BYTES;
    // The message that was awaited when the stream closed: the next stream begins with all that is kept.
    if (isTooMuch && !this.#isDetached) {
      this.#kept = undefined;
    }
  }

  readonly #flushLater = (): void => {
    this.#willFlush = false;
    if (this.#waiting.length > 0) {
      this.#flush();
    }
  };

  #flush(): void {
    const [first = new Uint8Array(), ...others] = this.#waiting;
    const bytes = others.length === 0 ? first : Buffer.concat(this.#waiting, this.#waitingBytes);
    this.#waiting = [];
    this.#waitingBytes = 0;
    // A stream that has closed meanwhile says so itself: what is kept then goes over another one.
    if (this.#isDetached) {
      return;
    }
    if (this.#hasEnded) {
      this.#stream?.end(bytes.length === 0 ? undefined : bytes);
    } else {
      this.#isFull = this.#stream?.write(bytes) === false;
    }
  }
}
