import { create, type DescMethod } from "@bufbuild/protobuf";
import {
  type ContextValues,
  createContextValues,
  type Interceptor,
  type StreamRequest,
  type StreamResponse,
  type Transport,
  type UnaryRequest,
  type UnaryResponse,
} from "@connectrpc/connect";
import type { MessageLimits } from "../message-options.ts";
import { CallLife, type CallLimits } from "./call-life.ts";
import type { Http2Connections } from "./http2-connections.ts";
import { createCodecs } from "./method-codec.ts";
import { runStream } from "./run-stream.ts";
import { createSenders } from "./senders.ts";
import { UnaryCallRequest } from "./unary-call-request.ts";
import type { WireProtocol } from "./wire-protocol.ts";

/** What {@link createHttp2Transport} needs. */
export interface Http2TransportOptions {
  /** The address of the server, absolute. */
  readonly baseUrl: string;
  readonly connections: Http2Connections;
  readonly interceptors: readonly Interceptor[];
  readonly messages: MessageLimits;
  readonly protocol: WireProtocol;
}

/**
 * Create a transport that reads and writes the messages of a protocol straight on Node's streams of HTTP/2.
 *
 * It does what Connect's transport over Connect's client does, wherever a caller or an interceptor can see it.
 */
export function createHttp2Transport(options: Http2TransportOptions): Transport {
  const { baseUrl, connections, messages, protocol } = options;
  const interceptors = [...options.interceptors];
  const codecOf = createCodecs(baseUrl, messages);
  const { sendUnary, sendStream } = createSenders({ connections, messages, protocol, codecOf });

  // Interceptors are typed for both kinds of calls, and hand on what they were handed.
  const sendAny = (req: UnaryRequest | StreamRequest): Promise<UnaryResponse | StreamResponse> =>
    req.stream ? sendStream(req) : sendUnary(req);
  const send = (req: UnaryRequest | StreamRequest): Promise<UnaryResponse | StreamResponse> =>
    interceptors.reduceRight((next, interceptor) => interceptor(next), sendAny)(req);

  /** What requests of both kinds have in common. */
  const describeCall = <M extends DescMethod>(
    method: M,
    { timeoutMs }: CallLimits,
    { header, contextValues = createContextValues() }: CallExtras,
  ) =>
    ({
      service: method.parent,
      method,
      requestMethod: "POST",
      url: codecOf(method).url,
      header: protocol.headerOf(method, { timeoutMs, header }),
      contextValues,
    }) as const;

  return {
    async unary(...[method, signal, givenTimeoutMs, header, message, contextValues]) {
      const limits = toLimits(signal, givenTimeoutMs);
      const call = describeCall(method, limits, { header, contextValues });
      const life = new CallLife(limits);
      const req = new UnaryCallRequest(call, create(method.input, message), life.end);
      const response = await life.run(() => send(req));
      life.finish();
      // What interceptors answer with is what they say that it is.
      return response as UnaryResponse<typeof method.input, typeof method.output>;
    },
    async stream(...[method, signal, givenTimeoutMs, header, message, contextValues]) {
      const limits = toLimits(signal, givenTimeoutMs);
      const req = {
        ...describeCall(method, limits, { header, contextValues }),
        stream: true,
        message,
      } as const;
      return runStream({ limits, req, send: send as typeof sendStream }); // as above
    },
  };
}

/** What a caller hands over beside the message. */
interface CallExtras {
  readonly header: HeadersInit | undefined;
  readonly contextValues: ContextValues | undefined;
}

/** A time of nothing or less is no limit, as with Connect. */
function toLimits(signal: AbortSignal | undefined, timeoutMs = 0): CallLimits {
  return { signal, timeoutMs: timeoutMs > 0 ? timeoutMs : undefined };
}
