import type { IncomingHttpHeaders } from "node:http2";
import type { DescMethod, Message } from "@bufbuild/protobuf";
import type { UnaryRequest } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";
import type { MessageLimits } from "../message-options.ts";
import type { AnswerReader, HeadFields, Http2Exchange } from "./http2-exchange.ts";
import type { MethodCodec } from "./method-codec.ts";
import type { ReceivedFrame } from "./received-frame.ts";
import type { ReceivedHeaders } from "./received-headers.ts";
import type { Decode } from "./shared-bytes.ts";

/** What makes a protocol of RPC out of exchanges of HTTP/2. */
export interface WireProtocol {
  /** Make the header of a request. */
  readonly headerOf: (method: DescMethod, extras: HeaderExtras) => Headers;
  /** Write a request that has one message: later, where it is compressed. @throws ConnectError when it cannot be */
  readonly writeUnary: (req: UnaryRequest, codec: MethodCodec) => OutgoingCall | Promise<OutgoingCall>;
  /** Create what reads the answer to it. */
  readonly createUnaryAnswer: (options: AnswerOptions, result: UnaryResult) => UnaryAnswer;
  /** Create what tells the beginning and the end of an answer that is a stream from its messages. */
  readonly createFraming: (parts: AnswerParts) => StreamFraming;
}

/** What a caller adds to the header of a request. */
export interface HeaderExtras {
  /** In milliseconds. */
  readonly timeoutMs: number | undefined;
  readonly header: HeadersInit | undefined;
}

/** A request as it goes out. */
export interface OutgoingCall extends Pick<UnaryRequest, "url" | "header" | "requestMethod"> {
  /** Undefined: it has none. */
  readonly body: Uint8Array | undefined;
}

/** What reads answers. */
export interface AnswerOptions {
  /** Reads a message out of bytes that others share. */
  readonly decode: Decode;
  readonly messages: MessageLimits;
}

/** Is handed the answer of a call. */
export interface UnaryResult {
  readonly resolve: (message: Message) => void;
  readonly reject: (error: unknown) => void;
}

/** The answer of a call with one message. */
export interface UnaryAnswer extends AnswerReader {
  readonly header: ReceivedHeaders;
  readonly trailer: ReceivedHeaders;
  /** Note what brings the answer. */
  readonly readFrom: (exchange: Http2Exchange) => void;
}

/** What is known of an answer that is a stream. */
export interface AnswerParts {
  readonly header: ReceivedHeaders;
  readonly trailer: ReceivedHeaders;
  readonly messages: MessageLimits;
}

/** The beginning and the end of an answer that is a stream. One is made for each. */
export interface StreamFraming {
  /** @returns how messages are compressed; undefined: not at all @throws ConnectError what the call fails with */
  readonly readHead: (fields: HeadFields) => Compression | undefined;
  /**
   * Take a frame that is no message.
   *
   * @returns whether it is one; a promise when it takes time to read
   * @throws ConnectError what the call fails with
   */
  readonly takeFrame: (frame: ReceivedFrame) => boolean | Promise<void>;
  /** Find the error that an answer ends with which has come as a whole; undefined: none. It fills in the trailer. */
  readonly errorAtEnd: (trailers: IncomingHttpHeaders | undefined) => unknown;
}
