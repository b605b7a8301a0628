import { create } from "@bufbuild/protobuf";
import {
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import { type Compression, runStreamingCall } from "@connectrpc/connect/protocol";
import { requestHeaderWithCompression } from "@connectrpc/connect/protocol-grpc";
import type { Http2Connections } from "../http2-connections.ts";
import { CallLife, type CallLimits } from "./call-life.ts";
import { createCodecs } from "./method-codec.ts";
import { RequestHeaders } from "./request-headers.ts";
import { createSenders } from "./senders.ts";

/** What {@link createGrpcTransport} needs. */
export interface GrpcTransportOptions {
  /** The address of the server, absolute. */
  readonly baseUrl: string;
  readonly connections: Http2Connections;
  readonly interceptors: readonly Interceptor[];
  /** How answers may be compressed, the preferred way first. */
  readonly accepted: readonly Compression[];
}

/**
 * Create a transport for gRPC that reads and writes its frames straight on Node's streams of HTTP/2.
 *
 * It does what Connect's transport over Connect's client does, wherever a caller or an interceptor can see it: what is
 * unusual about an answer is judged by Connect's own functions.
 */
export function createGrpcTransport(options: GrpcTransportOptions): Transport {
  const accepted = [...options.accepted];
  const interceptors = [...options.interceptors];
  const codecOf = createCodecs(options.baseUrl);
  const { sendUnary, sendStream } = createSenders({ connections: options.connections, accepted, codecOf });
  const common = Object.fromEntries(requestHeaderWithCompression(true, undefined, {}, accepted, null));
  const headerOf = (timeoutMs: number | undefined, header: HeadersInit | undefined): Headers =>
    header === undefined
      ? new RequestHeaders({
          ...common,
          ...(timeoutMs === undefined ? {} : { "grpc-timeout": `${timeoutMs}m` }),
        })
      : requestHeaderWithCompression(true, timeoutMs, header, accepted, null);

  // Interceptors are typed for both kinds of calls, and hand on what they were handed.
  const sendAny = (req: UnaryRequest | StreamRequest): Promise<UnaryResponse | StreamResponse> =>
    req.stream ? sendStream(req) : sendUnary(req);

  return {
    unary(...[method, signal, givenTimeoutMs, header, message, contextValues = createContextValues()]) {
      const limits = toLimits(signal, givenTimeoutMs);
      const life = new CallLife(limits);
      const send = interceptors.reduceRight((next, interceptor) => interceptor(next), sendAny);
      const req = {
        stream: false,
        service: method.parent,
        method,
        requestMethod: "POST",
        url: codecOf(method).url,
        header: headerOf(limits.timeoutMs, header),
        contextValues,
        message: create(method.input, message),
        signal: life.signal,
      } as const;
      return send(req).then(
        (response) => {
          life.finish();
          // What interceptors answer with is what they say that it is.
          return response as UnaryResponse<typeof method.input, typeof method.output>;
        },
        (reason: unknown) => {
          throw life.fail(reason);
        },
      );
    },
    stream(...[method, signal, givenTimeoutMs, header, message, contextValues = createContextValues()]) {
      const limits = toLimits(signal, givenTimeoutMs);
      const req = {
        stream: true,
        service: method.parent,
        method,
        requestMethod: "POST",
        url: codecOf(method).url,
        header: headerOf(limits.timeoutMs, header),
        contextValues,
        message,
      } as const;
      return runStreamingCall({ interceptors, ...limits, req, next: sendStream });
    },
  };
}

/** Leave out what there is not. A time of nothing or less is no limit, as with Connect. */
function toLimits(signal: AbortSignal | undefined, timeoutMs = 0): CallLimits {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs > 0 ? { timeoutMs } : {}) };
}
