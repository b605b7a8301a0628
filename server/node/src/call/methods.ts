import type { DescMessage } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImplSpec,
} from "@connectrpc/connect";
import type { Gate, MessageInspector } from "@countersign/server/internal";
import { gateOf, inspectorOf } from "@countersign/server/internal";
import {
  createMethodSerializationLookup,
  createMethodUrl,
  type MethodSerializationLookup,
  type UniversalHandlerOptions,
} from "../connect-protocol.ts";
import type { CallMethod, StreamSpec, UnarySpec } from "./call-parts.ts";

type Serialization = MethodSerializationLookup<DescMessage, DescMessage>;

/** A method that is served without Connect's own handler. */
export interface ServedMethod<Spec extends MethodImplSpec = MethodImplSpec> extends CallMethod {
  readonly spec: Spec;
  readonly serialization: Serialization;
  /** How the details of errors are written as JSON. */
  readonly jsonOptions: UniversalHandlerOptions["jsonOptions"];
  /** How large a request may be, in bytes, by whether it is binary. */
  readonly maxBytesOf: (isBinary: boolean) => number;
  /** How large an answer must be to be compressed, in bytes. */
  readonly compressMinBytes: number;
  /** The gate that its implementation is guarded by, which decides before any other. Undefined: it is not guarded. */
  readonly gate: Gate | undefined;
  /** Looks at each message before it is read. Undefined: its implementation is not guarded. */
  readonly inspector: MessageInspector | undefined;
}

/** One that takes one message and gives one. Its serialization looks at messages before it reads them. */
export type UnaryMethod = ServedMethod<UnarySpec>;

/** One with a stream of messages, in one direction or both. */
export type StreamMethod = ServedMethod<StreamSpec>;

/** The methods that are served without Connect's own handler. */
export interface RecordedMethods {
  /**
   * The unary methods by their path. Those that were registered with options that are not known here are left to
   * Connect.
   */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
  /** The same of the methods with streams. Those around whose calls Connect runs interceptors are left to it, too. */
  readonly streams: ReadonlyMap<string, StreamMethod>;
}

/** A router that passes everything on, and what it saw. */
export interface RecordingRouter extends RecordedMethods {
  readonly router: ConnectRouter;
}

/**
 * Wrap a router, to learn what implements the methods: the handlers that Connect makes of them don't say.
 *
 * @param options those of the router
 */
export function recordMethods(router: ConnectRouter, options: UniversalHandlerOptions): RecordingRouter {
  const methods = new Map<string, UnaryMethod>();
  const streams = new Map<string, StreamMethod>();
  const keep = (spec: MethodImplSpec, implementation: object, own: object = {}): void => {
    const path = createMethodUrl("/", spec.method);
    // Of two that are registered for a path, the last one serves it.
    methods.delete(path);
    streams.delete(path);
    if (!Object.entries(own).every(isKnown)) {
      return;
    }
    const all = { ...options, ...own };
    if (spec.kind === "unary") {
      methods.set(path, toUnaryMethod(toMethod(spec, implementation, all)));
    } else if (all.interceptors.length === 0) {
      streams.set(path, toMethod(spec, implementation, all));
    }
  };
  const recording: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, own) {
      router.service(service, implementation, own);
      const { methods: specs } = createServiceImplSpec(service, implementation);
      for (const spec of Object.values(specs)) {
        keep(spec, implementation, own);
      }
      return recording;
    },
    rpc(method, implementation, own) {
      router.rpc(method, implementation, own);
      keep(createMethodImplSpec(method, implementation), implementation, own);
      return recording;
    },
  };
  return { router: recording, methods, streams };
}

/** Check whether it is known what to do about an option of a service or method. */
function isKnown([name, value]: readonly [string, unknown]): boolean {
  if (name === "jsonOptions" || name === "binaryOptions") {
    return true;
  }
  return (
    (name === "readMaxBytes" || name === "writeMaxBytes") && Number.isSafeInteger(value) && Number(value) > 0
  );
}

function toMethod<Spec extends MethodImplSpec>(
  spec: Spec,
  implementation: object,
  options: UniversalHandlerOptions,
): ServedMethod<Spec> {
  const { readMaxBytes, compressMinBytes, jsonOptions, interceptors } = options;
  const inspector = inspectorOf(implementation, spec.method);
  const jsonMaxBytes = Math.min(readMaxBytes, inspector?.jsonMaxBytes ?? readMaxBytes);
  return {
    spec,
    maxBytesOf: (isBinary) => (isBinary ? readMaxBytes : jsonMaxBytes),
    compressMinBytes,
    jsonOptions,
    serialization: createSerialization(spec, options),
    interceptors,
    gate: gateOf(implementation),
    inspector,
  };
}

/** Without options that say nothing about writing: protobuf-es copies those that it gets for every message. */
function createSerialization({ method }: MethodImplSpec, options: UniversalHandlerOptions): Serialization {
  const { binaryOptions, jsonOptions } = options;
  const reading = createMethodSerializationLookup(method, binaryOptions, jsonOptions, options);
  if (binaryOptions?.writeUnknownFields === false) {
    return reading;
  }
  const writing = createMethodSerializationLookup(method, undefined, jsonOptions, options);
  return { getI: (isBinary) => reading.getI(isBinary), getO: (isBinary) => writing.getO(isBinary) };
}

function toUnaryMethod(method: UnaryMethod): UnaryMethod {
  const { inspector, serialization } = method;
  return inspector === undefined
    ? method
    : { ...method, serialization: withInspection(serialization, inspector) };
}

/** Look at each message before it is read. */
function withInspection(
  serialization: UnaryMethod["serialization"],
  inspector: MessageInspector,
): UnaryMethod["serialization"] {
  const inspected = (isBinary: boolean): ReturnType<typeof serialization.getI> => {
    const inner = serialization.getI(isBinary);
    return {
      serialize: (message) => inner.serialize(message),
      parse(bytes) {
        inspector.inspect(bytes, isBinary);
        return inner.parse(bytes);
      },
    };
  };
  const binary = inspected(true);
  const json = inspected(false);
  return {
    getI: (isBinary) => (isBinary ? binary : json),
    getO: (isBinary) => serialization.getO(isBinary),
  };
}
