import type { DescMessage, DescMethod, Message, MessageShape } from "@bufbuild/protobuf";
import type { StreamRequest, StreamResponse, UnaryRequest, UnaryResponse } from "@connectrpc/connect";
import type { MessageLimits } from "../message-options.ts";
import type { Http2Connections } from "./http2-connections.ts";
import { Http2Exchange } from "./http2-exchange.ts";
import type { MethodCodec } from "./method-codec.ts";
import { SingleBody, StreamBody } from "./request-body.ts";
import { toFields } from "./request-fields.ts";
import { StreamAnswer } from "./stream-answer.ts";
import { UnaryCallRequest } from "./unary-call-request.ts";
import type { OutgoingCall, WireProtocol } from "./wire-protocol.ts";

/** What {@link createSenders} needs. */
export interface SenderOptions {
  readonly connections: Http2Connections;
  readonly messages: MessageLimits;
  readonly protocol: WireProtocol;
  readonly codecOf: (method: DescMethod) => MethodCodec;
}

/** What carries requests behind all interceptors. */
export interface Senders {
  readonly sendUnary: <I extends DescMessage, O extends DescMessage>(
    req: UnaryRequest<I, O>,
  ) => Promise<UnaryResponse<I, O>>;
  readonly sendStream: <I extends DescMessage, O extends DescMessage>(
    req: StreamRequest<I, O>,
  ) => Promise<StreamResponse<I, O>>;
}

/** Create what carries requests over the connections to a server. */
export function createSenders(options: SenderOptions): Senders {
  return {
    sendUnary: (req) => new Promise((resolve, reject) => sendUnary(options, req, { resolve, reject })),
    sendStream: (req) => new Promise((resolve, reject) => sendStream(options, req, { resolve, reject })),
  };
}

const POST = { requestMethod: "POST" } as const;

/** Settles a promise. */
interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function sendUnary<I extends DescMessage, O extends DescMessage>(
  options: SenderOptions,
  req: UnaryRequest<I, O>,
  settling: Settling<UnaryResponse<I, O>>,
): void {
  const { codecOf, protocol } = options;
  const codec = codecOf(req.method);
  const call = protocol.writeUnary(req, codec);
  if (call instanceof Promise) {
    const carryLater = (written: OutgoingCall): void =>
      carry(options, { req, codec, call: written }, settling);
    call.then(carryLater).catch(settling.reject);
  } else {
    carry(options, { req, codec, call }, settling);
  }
}

/** A request that is written, and what it was. */
interface WrittenCall<I extends DescMessage, O extends DescMessage> {
  readonly req: UnaryRequest<I, O>;
  readonly codec: MethodCodec;
  readonly call: OutgoingCall;
}

function carry<I extends DescMessage, O extends DescMessage>(
  { connections, messages, protocol }: SenderOptions,
  { req, codec, call }: WrittenCall<I, O>,
  { resolve, reject }: Settling<UnaryResponse<I, O>>,
): void {
  const { service, method } = req;
  const signal = UnaryCallRequest.endOf(req);
  const onMessage = (received: Message): void => {
    const { header, trailer } = answer;
    const message = received as MessageShape<O>; // the codec is the one of this method
    resolve({ stream: false, service, method, header, message, trailer });
  };
  const answer = protocol.createUnaryAnswer(
    { decode: codec.decode, messages },
    { resolve: onMessage, reject },
  );
  const body = new SingleBody(call.body);
  const fields = toFields(call, { authority: connections.authority, codec });
  const exchange = new Http2Exchange({ connections, fields, body, signal, reader: answer });
  answer.readFrom(exchange);
  exchange.start();
}

function sendStream<I extends DescMessage, O extends DescMessage>(
  { connections, messages, protocol, codecOf }: SenderOptions,
  req: StreamRequest<I, O>,
  { resolve, reject }: Settling<StreamResponse<I, O>>,
): void {
  const codec = codecOf(req.method);
  const onOpen = (): void => {
    const { header, trailer } = answer;
    const message = { [Symbol.asyncIterator]: () => answer } as AsyncIterable<MessageShape<O>>; // as above
    resolve({ ...req, header, message, trailer });
  };
  const answer = new StreamAnswer({ decode: codec.decode, messages, protocol }, { resolve: onOpen, reject });
  const fields = toFields(
    { ...POST, url: req.url, header: req.header },
    { authority: connections.authority, codec },
  );
  const body = new StreamBody({
    messages: req.message,
    encode: codec.encode,
    onFailure: (error) => exchange.fail(error),
  });
  const { signal } = req;
  const exchange = new Http2Exchange({ connections, fields, body, signal, reader: answer });
  answer.readFrom(exchange);
  exchange.start();
}
