import type { IncomingHttpHeaders } from "node:http2";
import type { Message } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { FrameReader } from "../http2/frames.ts";
import type { HeadFields, Http2Exchange } from "../http2/http2-exchange.ts";
import { decompressFrame, isCompressed, type ReceivedFrame } from "../http2/received-frame.ts";
import { ReceivedHeaders } from "../http2/received-headers.ts";
import type { AnswerOptions, UnaryAnswer, UnaryResult } from "../http2/wire-protocol.ts";
import { type AnswerHead, assertStatus, readHead } from "./grpc-head.ts";

/** The answer of a call with one message. */
export class GrpcUnaryAnswer implements UnaryAnswer {
  readonly header: ReceivedHeaders = new ReceivedHeaders();
  readonly trailer: ReceivedHeaders = new ReceivedHeaders();
  readonly #options: AnswerOptions;
  readonly #result: UnaryResult;
  readonly #frames: FrameReader;
  #exchange: Http2Exchange | undefined;
  #head: AnswerHead | undefined;
  readonly #received: ReceivedFrame[] = [];
  #trailers: IncomingHttpHeaders | undefined;

  constructor(options: AnswerOptions, result: UnaryResult) {
    this.#options = options;
    this.#result = result;
    const onFrame = (data: Uint8Array, flags: number): void => this.#onFrame({ data, flags });
    this.#frames = new FrameReader(onFrame, options.messages.readMaxBytes);
  }

  /** Note what brings the answer. */
  readFrom(exchange: Http2Exchange): void {
    this.#exchange = exchange;
  }

  onHead(fields: HeadFields): void {
    this.header.receive(fields);
    this.#head = readHead(fields, this.header, this.#options.messages.acceptCompression);
  }

  onData(chunk: Uint8Array): void {
    this.#frames.push(chunk);
  }

  onEnd(trailers: IncomingHttpHeaders | undefined): void {
    this.#trailers = trailers;
    this.trailer.receive(trailers);
    const [frame, extra] = this.#received;
    if (extra !== undefined) {
      return;
    }
    if (frame !== undefined && isCompressed(frame)) {
      void this.#decompress(frame).then((data) => this.#conclude(data), this.#result.reject);
    } else {
      this.#conclude(frame?.data);
    }
  }

  onFailure(error: ConnectError): void {
    this.#result.reject(error);
  }

  #decompress(frame: ReceivedFrame): Promise<Uint8Array> {
    const { readMaxBytes: maxBytes } = this.#options.messages;
    return decompressFrame(frame, { compression: this.#head?.compression, maxBytes });
  }

  #onFrame(frame: ReceivedFrame): void {
    if (this.#received.length < 2 && this.#received.push(frame) === 2) {
      void this.#readAll().catch((error: unknown) => {
        this.#exchange?.cancel(error);
        this.#result.reject(error);
      });
    }
  }

  /** Say what is wrong with two messages: each of them, or that they are two. @throws ConnectError always */
  async #readAll(): Promise<never> {
    for (const frame of this.#received) {
      this.#options.decode(isCompressed(frame) ? await this.#decompress(frame) : frame.data);
    }
    throw new ConnectError(
      "protocol error: received extra output message for unary method",
      Code.Unimplemented,
    );
  }

  #conclude(data: Uint8Array | undefined): void {
    try {
      this.#result.resolve(this.#toMessage(data));
    } catch (error) {
      this.#result.reject(error);
    }
  }

  /** Make the message of its bytes, when everything around it is right. */
  #toMessage(data: Uint8Array | undefined): Message {
    const message = data === undefined ? undefined : this.#options.decode(data);
    if (!this.#frames.isBetweenFrames) {
      throw new ConnectError("protocol error: incomplete envelope", Code.InvalidArgument);
    }
    assertStatus(this.#trailers, this.trailer, this.header);
    const error = this.#head?.error;
    if (message === undefined) {
      const code = this.trailer.has("grpc-status") ? Code.Unimplemented : Code.Unknown;
      throw error ?? new ConnectError("protocol error: missing output message for unary method", code);
    }
    if (error !== undefined) {
      throw new ConnectError(
        "protocol error: received output message for unary method with error status",
        Code.Unknown,
      );
    }
    return message;
  }
}
