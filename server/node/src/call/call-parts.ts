import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { ContextValues, Interceptor, MethodImplSpec } from "@connectrpc/connect";

/** A message of any type. */
export type Message = MessageShape<DescMessage>;

/** What implements a unary method. */
export type UnarySpec = MethodImplSpec & { readonly kind: "unary" };

/** What implements a method with streams. */
export type StreamSpec = Exclude<MethodImplSpec, { readonly kind: "unary" }>;

/** The protocols of a call. */
export type ProtocolName = "grpc" | "grpc-web" | "connect";

/** The method of a call. */
export interface CallMethod {
  readonly spec: MethodImplSpec;
  /** What runs around its calls, from outside to inside. */
  readonly interceptors: readonly Interceptor[];
}

/** What the header of a request says of a call. */
export interface CallHead {
  readonly protocol: ProtocolName;
  /** How long the caller waits, in milliseconds. */
  readonly timeoutMs: number | undefined;
  /** The header of the answer, to which interceptors and handlers may add. */
  readonly defaultHeader: Readonly<Record<string, string>>;
  /** The trailer of the answer, to which interceptors and handlers may add. */
  readonly defaultTrailer: Readonly<Record<string, string>>;
}

/** What is known of a call before anything of it is done. */
export interface CallParts {
  readonly method: CallMethod;
  readonly head: CallHead;
  /** Where it was sent. */
  readonly url: string;
  readonly values: ContextValues;
}
