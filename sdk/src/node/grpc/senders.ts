import type { OutgoingHttpHeaders } from "node:http2";
import type { DescMessage, DescMethod, Message, MessageShape } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  type StreamRequest,
  type StreamResponse,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { Http2Connections } from "../http2-connections.ts";
import type { MessageLimits } from "../message-options.ts";
import { GrpcExchange } from "./grpc-exchange.ts";
import type { MethodCodec } from "./method-codec.ts";
import { createSingleBody, StreamBody } from "./request-body.ts";
import { RequestHeaders } from "./request-headers.ts";
import { StreamAnswer } from "./stream-answer.ts";
import { UnaryAnswer } from "./unary-answer.ts";

/** What {@link createSenders} needs. */
export interface SenderOptions {
  readonly connections: Http2Connections;
  readonly messages: MessageLimits;
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

/** Settles a promise. */
interface Settling<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

function sendUnary<I extends DescMessage, O extends DescMessage>(
  { connections, messages, codecOf }: SenderOptions,
  req: UnaryRequest<I, O>,
  { resolve, reject }: Settling<UnaryResponse<I, O>>,
): void {
  const { service, method, signal } = req;
  const codec = codecOf(method);
  const onMessage = (received: Message): void => {
    const { header, trailer } = answer;
    const message = received as MessageShape<O>; // the codec is the one of this method
    resolve({ stream: false, service, method, header, message, trailer });
  };
  const answer = new UnaryAnswer({ decode: codec.decode, messages }, { resolve: onMessage, reject });
  const body = createSingleBody(codec.encode(req.message), (error) => exchange.fail(error));
  const fields = toFields(req, { authority: connections.authority, codec });
  const exchange = new GrpcExchange({ connections, fields, body, signal }, answer);
  answer.readFrom(exchange);
  exchange.start();
}

function sendStream<I extends DescMessage, O extends DescMessage>(
  { connections, messages, codecOf }: SenderOptions,
  req: StreamRequest<I, O>,
  { resolve, reject }: Settling<StreamResponse<I, O>>,
): void {
  const codec = codecOf(req.method);
  const onOpen = (): void => {
    const { header, trailer } = answer;
    const message = { [Symbol.asyncIterator]: () => answer } as AsyncIterable<MessageShape<O>>; // as above
    resolve({ ...req, header, message, trailer });
  };
  const answer = new StreamAnswer({ decode: codec.decodeShared, messages }, { resolve: onOpen, reject });
  const fields = toFields(req, { authority: connections.authority, codec });
  const body = new StreamBody({
    messages: req.message,
    encode: codec.encode,
    onFailure: (error) => exchange.fail(error),
  });
  const exchange = new GrpcExchange({ connections, fields, body, signal: req.signal }, answer);
  answer.readFrom(exchange);
  exchange.start();
}

/** What the header of a request is made for. */
interface Target {
  readonly authority: string;
  readonly codec: MethodCodec;
}

/** Convert the header of a request to what Node sends. @throws ConnectError Internal when the URL is another server's */
function toFields(
  { url, header }: Pick<UnaryRequest, "url" | "header">,
  target: Target,
): OutgoingHttpHeaders {
  const path = url === target.codec.url ? target.codec.path : toPath(url, target.authority);
  const plain = header instanceof RequestHeaders ? header.plainFields : undefined;
  const fields: Record<string, string | string[]> = { ":method": "POST", ":path": path, ...plain };
  for (const [name, value] of plain === undefined ? header : []) {
    const known = Object.hasOwn(fields, name) ? fields[name] : undefined;
    // Only cookies come more than once: Headers joins all others.
    fields[name] = known === undefined ? value : [known, value].flat();
  }
  return fields;
}

/** The path of a URL that an interceptor has changed. */
function toPath(url: string, authority: string): string {
  const { origin, pathname, search } = new URL(url);
  if (origin !== authority) {
    const message = `cannot make a request to ${origin}: the http2 session is connected to ${authority}`;
    throw new ConnectError(message, Code.Internal);
  }
  return pathname + search;
}
