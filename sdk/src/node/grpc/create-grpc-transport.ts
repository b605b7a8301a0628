import { createContextValues, type Interceptor, type Transport } from "@connectrpc/connect";
import { type Compression, runStreamingCall, runUnaryCall } from "@connectrpc/connect/protocol";
import { requestHeaderWithCompression } from "@connectrpc/connect/protocol-grpc";
import type { Http2Connections } from "../http2-connections.ts";
import { createCodecs } from "./method-codec.ts";
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
  const headerOf = (timeoutMs: number | undefined, header: HeadersInit | undefined): Headers =>
    requestHeaderWithCompression(true, timeoutMs, header, accepted, null);

  return {
    unary(...[method, signal, givenTimeoutMs, header, message, contextValues = createContextValues()]) {
      const limits = toLimits(signal, givenTimeoutMs);
      const req = {
        stream: false,
        service: method.parent,
        method,
        requestMethod: "POST",
        url: codecOf(method).url,
        header: headerOf(limits.timeoutMs, header),
        contextValues,
        message,
      } as const;
      return runUnaryCall({ interceptors, ...limits, req, next: sendUnary });
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

/** What ends a call before its answer. */
interface Limits {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Leave out what there is not. A time of nothing or less is no limit, as with Connect. */
function toLimits(signal: AbortSignal | undefined, timeoutMs = 0): Limits {
  return { ...(signal === undefined ? {} : { signal }), ...(timeoutMs > 0 ? { timeoutMs } : {}) };
}
