import type {
  ConnectRouter,
  ConnectRouterOptions,
  ContextValues,
  HandlerContext,
  Interceptor,
} from "@connectrpc/connect";
import { DEFAULT_LIMITS } from "@countersign/server/internal";
import { COMPRESSIONS } from "./compressions.ts";
import type { CallRequest, CallResponse } from "./handler.ts";

/** How JSON is read and written. */
export type JsonOptions = NonNullable<ConnectRouterOptions["jsonOptions"]>;

/** What the RPCs of a server need. */
export interface RpcOptions {
  /** Registers the services. */
  readonly routes: (router: ConnectRouter) => void;
  /** Decides on the header alone whether a call goes on. */
  readonly requestGate: (context: HandlerContext) => void | Promise<void>;
  /** Run around every call that passed the gate. */
  readonly interceptors: readonly Interceptor[];
  /** How large a message may be when it arrives, in bytes. Default 4 MiB. */
  readonly readMaxBytes?: number | undefined;
  /** How large a message may be when it is sent, in bytes. Default 16 MiB. */
  readonly writeMaxBytes?: number | undefined;
  /** How long the request of a call that takes one message may take to arrive, in milliseconds. Default 60,000. */
  readonly arrivalTimeoutMs?: number | undefined;
  /**
   * How messages are read from JSON and written as JSON, such as the registry of what stands in `google.protobuf.Any`.
   * Options of a service take its place. Default: unknown fields are refused.
   */
  readonly jsonOptions?: JsonOptions | undefined;
  /** How messages are read from and written in binary. Options of a service take its place. */
  readonly binaryOptions?: NonNullable<ConnectRouterOptions["binaryOptions"]> | undefined;
  /** Its abort is passed on to every call; its reason is the error that the callers get. */
  readonly shutdownSignal?: AbortSignal | undefined;
  /** Makes the context values of a call. It must not touch the body of the request. */
  readonly contextValues?: ((req: CallRequest, res: CallResponse) => ContextValues) | undefined;
  /**
   * Whether unary calls that are nothing unusual are served without Connect's own handler, which takes several times
   * as long and answers the same. Default: true, with the releases of Connect that this has been proven for; with
   * others Connect's own handler serves all calls, and `onWarning` receives the reason.
   */
  readonly unaryFastPath?: boolean | undefined;
  /** The same for calls with streams of messages. Default: as for unary calls. */
  readonly streamFastPath?: boolean | undefined;
  /** Receives at start what is not as it should be. Default: console.warn. */
  readonly onWarning?: ((message: string) => void) | undefined;
  /** Receives what went wrong beside the calls themselves. It goes to the log, never to a caller. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** Convert to the options of Connect's router, with the defaults filled in. */
export function toRouterOptions(options: RpcOptions): ConnectRouterOptions {
  return {
    readMaxBytes: options.readMaxBytes ?? DEFAULT_LIMITS.createAuth.readMaxBytes,
    writeMaxBytes: options.writeMaxBytes ?? DEFAULT_LIMITS.buildRequestListener.writeMaxBytes,
    acceptCompression: [...COMPRESSIONS],
    requestGate: options.requestGate,
    interceptors: [...options.interceptors],
    jsonOptions: resolveJsonOptions(options.jsonOptions),
    ...(options.binaryOptions === undefined ? {} : { binaryOptions: options.binaryOptions }),
    ...(options.shutdownSignal === undefined ? {} : { shutdownSignal: options.shutdownSignal }),
  };
}

/** Refuse unknown fields, unless the options say otherwise: a misspelt field would be a silent default. */
function resolveJsonOptions(options: JsonOptions = {}): JsonOptions {
  return { ...options, ignoreUnknownFields: options.ignoreUnknownFields ?? false };
}
