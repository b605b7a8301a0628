import type { DescMessage } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type MethodImplSpec,
} from "@connectrpc/connect";
import type { Gate, MessageInspector } from "@countersign/server/internal";
import { gateOf, inspectorOf } from "@countersign/server/internal";
import type { CallMethod, UnarySpec } from "../call/call-parts.ts";
import {
  createMethodSerializationLookup,
  createMethodUrl,
  type MethodSerializationLookup,
  type UniversalHandlerOptions,
} from "../connect-protocol.ts";

/** A unary method that is served without Connect's own handler. */
export interface UnaryMethod extends CallMethod {
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
  /** How the details of errors are written as JSON. */
  readonly jsonOptions: UniversalHandlerOptions["jsonOptions"];
  /** How large a request may be, in bytes, by whether it is binary. */
  readonly maxBytesOf: (isBinary: boolean) => number;
  /** How large an answer must be to be compressed, in bytes. */
  readonly compressMinBytes: number;
  /** The gate that its implementation is guarded by, which decides before any other. Undefined: it is not guarded. */
  readonly gate: Gate | undefined;
}

/** A router that passes everything on, and what it saw. */
export interface RecordingRouter {
  readonly router: ConnectRouter;
  /**
   * The unary methods by their path. Those that were registered with options that are not known here are left to
   * Connect.
   */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
}

/**
 * Wrap a router, to learn what implements the unary methods: the handlers that Connect makes of them don't say.
 *
 * @param options those of the router
 */
export function recordMethods(router: ConnectRouter, options: UniversalHandlerOptions): RecordingRouter {
  const methods = new Map<string, UnaryMethod>();
  const keep = (spec: MethodImplSpec, implementation: object, own: object = {}): void => {
    const path = createMethodUrl("/", spec.method);
    // Of two that are registered for a path, the last one serves it.
    if (spec.kind === "unary" && Object.entries(own).every(isKnown)) {
      const inspector = inspectorOf(implementation, spec.method);
      const method = toUnaryMethod(spec, { ...options, ...own }, inspector);
      methods.set(path, { ...method, gate: gateOf(implementation) });
    } else {
      methods.delete(path);
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
  return { router: recording, methods };
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

function toUnaryMethod(
  spec: UnarySpec,
  options: UniversalHandlerOptions,
  inspector: MessageInspector | undefined,
): Omit<UnaryMethod, "gate"> {
  const { readMaxBytes, compressMinBytes, binaryOptions, jsonOptions, interceptors } = options;
  const jsonMaxBytes = Math.min(readMaxBytes, inspector?.jsonMaxBytes ?? readMaxBytes);
  const serialization = createMethodSerializationLookup(spec.method, binaryOptions, jsonOptions, options);
  return {
    spec,
    maxBytesOf: (isBinary) => (isBinary ? readMaxBytes : jsonMaxBytes),
    compressMinBytes,
    jsonOptions,
    serialization: inspector === undefined ? serialization : withInspection(serialization, inspector),
    interceptors,
  };
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
