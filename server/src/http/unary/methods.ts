import type { DescMessage, DescMethodUnary } from "@bufbuild/protobuf";
import {
  type ConnectRouter,
  createMethodImplSpec,
  createServiceImplSpec,
  type Interceptor,
  type MethodImplSpec,
} from "@connectrpc/connect";
import {
  createMethodSerializationLookup,
  createMethodUrl,
  type MethodSerializationLookup,
} from "@connectrpc/connect/protocol";
import { planUnary, type UnaryPlan } from "../../connect/interceptor-scope.ts";

/** What implements a unary method. */
export type UnarySpec = MethodImplSpec & { readonly kind: "unary" };

/** A unary method that is served without Connect's own handler. */
export interface UnaryMethod {
  readonly spec: UnarySpec;
  readonly desc: DescMethodUnary<DescMessage, DescMessage>;
  readonly serialization: MethodSerializationLookup<DescMessage, DescMessage>;
  /** How large a request may be, in bytes. */
  readonly readMaxBytes: number;
  /** What runs around its calls. */
  readonly plan: UnaryPlan;
}

/** What all methods have in common. */
export interface UnaryMethodOptions {
  readonly interceptors: readonly Interceptor[];
  readonly readMaxBytes: number;
  readonly writeMaxBytes: number;
  readonly jsonOptions: Parameters<typeof createMethodSerializationLookup>[2];
}

/** A router that passes everything on, and what it saw. */
export interface RecordingRouter {
  readonly router: ConnectRouter;
  /** The unary methods by their path. Those that were registered with more than limits of their own are left to Connect. */
  readonly methods: ReadonlyMap<string, UnaryMethod>;
}

/** Wrap a router, to learn what implements the unary methods: the handlers that Connect makes of them don't say. */
export function recordMethods(router: ConnectRouter, options: UnaryMethodOptions): RecordingRouter {
  const methods = new Map<string, UnaryMethod>();
  const keep = (spec: MethodImplSpec, own: object | undefined): void => {
    const path = createMethodUrl("/", spec.method);
    const limits = readLimits(own);
    // Of two that are registered for a path, the last one serves it.
    if (spec.kind === "unary" && limits !== undefined) {
      methods.set(path, toUnaryMethod(spec, { ...options, ...limits }));
    } else {
      methods.delete(path);
    }
  };
  const recording: ConnectRouter = {
    handlers: router.handlers,
    service(service, implementation, own) {
      router.service(service, implementation, own);
      const { methods: specs } = createServiceImplSpec(service, implementation);
      for (const spec of Object.values(specs)) keep(spec, own);
      return recording;
    },
    rpc(method, implementation, own) {
      router.rpc(method, implementation, own);
      keep(createMethodImplSpec(method, implementation), own);
      return recording;
    },
  };
  return { router: recording, methods };
}

type Limits = Partial<Pick<UnaryMethodOptions, "readMaxBytes" | "writeMaxBytes">>;

/** Read the options of a registration; `undefined` when there is more to them than limits. */
function readLimits(own: object = {}): Limits | undefined {
  const isLimit = ([name, value]: readonly [string, unknown]): boolean =>
    (name === "readMaxBytes" || name === "writeMaxBytes") && Number.isSafeInteger(value) && Number(value) > 0;
  return Object.entries(own).every(isLimit) ? own : undefined;
}

function toUnaryMethod(spec: UnarySpec, options: UnaryMethodOptions): UnaryMethod {
  return {
    spec,
    desc: spec.method,
    readMaxBytes: options.readMaxBytes,
    serialization: createMethodSerializationLookup(spec.method, undefined, options.jsonOptions, options),
    plan: planUnary(options.interceptors, spec.method),
  };
}
