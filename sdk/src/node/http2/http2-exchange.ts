import type {
  ClientHttp2Stream,
  IncomingHttpHeaders,
  IncomingHttpStatusHeader,
  OutgoingHttpHeaders,
} from "node:http2";
import { constants } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import { isMistake, toUnavailable } from "../network-error.ts";
import { watchEnd } from "../watch-end.ts";
import type { EndSignal } from "./call-signal.ts";
import type { Http2Connection } from "./http2-connection.ts";
import type { Http2Connections } from "./http2-connections.ts";

/** What is sent behind the header of a request. */
export interface RequestBody {
  /** Send it on this stream: from its beginning, also when some of it was sent on another one. */
  readonly attach: (stream: ClientHttp2Stream) => void;
  /** Whether all that was sent can be sent once more. */
  readonly canReplay: () => boolean;
  /** Note that an answer has come: nothing will be sent once more. */
  readonly release: () => void;
  /** Send no more. @param reason absent when nothing has failed */
  readonly stop: (reason?: unknown) => void;
}

/** The fields that an answer begins with. */
export type HeadFields = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** Takes an answer: its head, its bytes, its end; or a failure at any time, which is the last. */
export interface AnswerReader {
  /** @throws what the call fails with: the rest is left unread */
  readonly onHead: (fields: HeadFields) => void;
  /** @throws the same */
  readonly onData: (chunk: Uint8Array) => void;
  readonly onEnd: (trailers: IncomingHttpHeaders | undefined) => void;
  readonly onFailure: (error: ConnectError) => void;
}

/** What {@link Http2Exchange} needs, for as long as it runs. */
export interface Http2ExchangeOptions {
  readonly connections: Http2Connections;
  readonly fields: OutgoingHttpHeaders;
  readonly body: RequestBody;
  readonly signal: EndSignal;
  readonly reader: AnswerReader;
}

/** How often a request is sent that its server did nothing with. */
const MAX_SENDINGS = 2;

/**
 * One request and its answer, over as many streams of HTTP/2 as it takes.
 *
 * A request that the server certainly did nothing with (its connection could not be opened, the stream was refused, the
 * server left before it) is sent once more, as long as no answer has begun and all of it can be sent again.
 */
export class Http2Exchange {
  /** Undefined once it is over: Node's stream has it for longer, and would hold all that belongs to the call. */
  #running: Http2ExchangeOptions | undefined;
  #stream: ClientHttp2Stream | undefined;
  #sendings = 0;
  #hasHead = false;

  constructor(options: Http2ExchangeOptions) {
    this.#running = options;
  }

  /** Send the request. */
  start(): void {
    const signal = this.#running?.signal;
    if (signal?.aborted === true) {
      this.#abort();
      return;
    }
    signal?.addEventListener("abort", this.#abort);
    this.#send();
  }

  /** Read no more for now, or go on. */
  setPaused(isPaused: boolean): void {
    if (isPaused) {
      this.#stream?.pause();
    } else {
      this.#stream?.resume();
    }
  }

  /** Leave the rest of the answer unread, because of an error. */
  cancel(reason: unknown): void {
    if (this.#finish(reason) !== undefined) {
      this.#stream?.close(constants.NGHTTP2_CANCEL);
    }
  }

  /** End with an error. */
  fail(error: ConnectError): void {
    const ended = this.#finish(error);
    if (ended !== undefined) {
      this.#stream?.close(constants.NGHTTP2_CANCEL);
      ended.reader.onFailure(error);
    }
  }

  readonly #abort = (): void => this.fail(ConnectError.from(this.#running?.signal.reason, Code.Internal));

  /** @returns what ends with this; undefined: it was over before */
  #finish(reason?: unknown): Http2ExchangeOptions | undefined {
    const running = this.#running;
    this.#running = undefined;
    running?.signal.removeEventListener("abort", this.#abort);
    running?.body.stop(reason);
    return running;
  }

  #send(): void {
    this.#sendings += 1;
    const sent = this.#running?.connections.use(this.#sendOver);
    sent?.catch((error: unknown) => this.#onLost(error, true));
  }

  readonly #sendOver = (connection: Http2Connection): void => {
    if (this.#running === undefined) {
      return;
    }
    const { fields, body } = this.#running;
    let stream: ClientHttp2Stream;
    try {
      stream = connection.request(fields);
    } catch (error) {
      this.fail(isMistake(error) ? ConnectError.from(error, Code.Internal) : toUnavailable(error));
      return;
    }
    this.#stream = stream;
    this.#listen(stream, connection);
    body.attach(stream);
  };

  #listen(stream: ClientHttp2Stream, connection: Http2Connection): void {
    const isCutOff = watchEnd(stream);
    // Node reports a head behind the bytes that came in with it.
    let early: Uint8Array[] | undefined = [];
    let trailers: IncomingHttpHeaders | undefined;
    stream.on("response", (fields) => {
      connection.noteAlive();
      this.#onHead(fields);
      for (const chunk of early ?? []) {
        this.#onData(chunk);
      }
      early = undefined;
    });
    stream.on("data", (chunk: Uint8Array) => {
      if (early === undefined) {
        connection.noteAlive();
        this.#onData(chunk);
      } else {
        early.push(chunk);
      }
    });
    stream.on("trailers", (fields) => {
      trailers = fields;
    });
    stream.on("end", () => {
      if (this.#hasHead && (trailers !== undefined || !isCutOff())) {
        this.#onEnd(stream, trailers);
      }
    });
    stream.on("error", ignore);
    stream.on("close", () => {
      connection.release();
      if (this.#running !== undefined) {
        this.#onLost(errorOf(stream, this.#hasHead), connection.wasIgnored(stream));
      }
    });
  }

  #onHead(fields: HeadFields): void {
    const running = this.#running;
    if (running !== undefined) {
      this.#hasHead = true;
      running.body.release();
      try {
        running.reader.onHead(fields);
      } catch (error) {
        this.fail(ConnectError.from(error));
      }
    }
  }

  #onData(chunk: Uint8Array): void {
    try {
      this.#running?.reader.onData(chunk);
    } catch (error) {
      this.fail(ConnectError.from(error));
    }
  }

  #onEnd(stream: ClientHttp2Stream, trailers: IncomingHttpHeaders | undefined): void {
    const ended = this.#finish();
    if (ended !== undefined && !stream.writableFinished) {
      // The server wants no more of the request.
      stream.close(constants.NGHTTP2_CANCEL);
    }
    ended?.reader.onEnd(trailers);
  }

  #onLost(error: unknown, wasIgnored: boolean): void {
    const running = this.#running;
    if (running === undefined) {
      return;
    }
    const canRepeat = wasIgnored && !this.#hasHead && this.#sendings < MAX_SENDINGS;
    if (canRepeat && running.body.canReplay()) {
      this.#send();
    } else {
      this.fail(toUnavailable(error));
    }
  }
}

/** What a stream failed with: an error of Node's, or what Connect says of the code that a server has reset it with. */
function errorOf({ errored, rstCode }: ClientHttp2Stream, hasHead: boolean): Error {
  if (errored !== null) {
    return errored;
  }
  if (!hasHead) {
    return new ConnectError("the stream was closed before its answer", Code.Unavailable);
  }
  const text =
    rstCode === constants.NGHTTP2_CANCEL
      ? "http/2 stream closed with error code CANCEL (0x8)"
      : "the connection was closed";
  return new ConnectError(text, Code.Unavailable);
}

function ignore(): void {}
