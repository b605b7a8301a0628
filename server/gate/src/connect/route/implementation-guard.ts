import type { DescMethod, DescService } from "@bufbuild/protobuf";
import {
  createServiceImplSpec,
  type Interceptor,
  type MethodImplSpec,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { PolicyTable } from "../../authorize/policy-table.ts";
import type { MessageLimits } from "../../kernel/message-limits.ts";
import type { WireErrorContext } from "../error-contract.ts";
import type { Gate } from "../gate.ts";
import { createMessageInspector, type MessageInspector } from "../message/message-inspector.ts";
import { createErrorConversion } from "./error-conversion.ts";
import {
  type GuardedStreamMethod,
  guardBidiStream,
  guardClientStream,
  guardServerStream,
} from "./guard-stream.ts";
import { guardUnary } from "./guard-unary.ts";
import { createMethodGuard, type MethodGuardOptions } from "./method-guard.ts";
import type { StreamOptions } from "./open-stream.ts";

/** What implementations are guarded with. */
export interface ImplementationGuardOptions extends MethodGuardOptions, WireErrorContext {
  /** The rule of every method. */
  readonly policies: PolicyTable;
  /** What streams are opened with. */
  readonly streams: StreamOptions;
  /** What messages may be made of. */
  readonly messageLimits: MessageLimits;
}

/** Puts the rules and the life of a call around what the application has written. */
export interface ImplementationGuard {
  /**
   * Guard the implementation of one method.
   *
   * @param interceptors the application's own, from outside to inside; they run behind the rules
   */
  guardMethod(spec: MethodImplSpec, interceptors: readonly Interceptor[]): MethodImplSpec["impl"];
  /**
   * Guard the implementation of a service. A call of a method that it lacks is judged before it learns so.
   *
   * @param interceptors the application's own, from outside to inside; they run behind the rules
   */
  guardService(
    service: DescService,
    implementation: Partial<ServiceImpl<DescService>>,
    interceptors: readonly Interceptor[],
  ): Partial<ServiceImpl<DescService>>;
}

function guardImplementation(spec: MethodImplSpec, method: GuardedStreamMethod): MethodImplSpec["impl"] {
  switch (spec.kind) {
    case "unary":
      return guardUnary(spec.impl, method);
    case "server_streaming":
      return guardServerStream(spec.impl, method);
    case "client_streaming":
      return guardClientStream(spec.impl, method);
    case "bidi_streaming":
      return guardBidiStream(spec.impl, method);
    default:
      return spec satisfies never;
  }
}

/** The gates of everything that has a guard around it. */
const gates = new WeakMap<object, Gate>();

/** Find the gate that the implementation of a service, or of one method, is guarded by; undefined: it is not. */
export function gateOf(implementation: object): Gate | undefined {
  return gates.get(implementation);
}

/** What looks at the messages of methods, by the implementations that have a guard around them. */
const inspectors = new WeakMap<object, ReadonlyMap<DescMethod, MessageInspector>>();

/**
 * Find what looks at the messages of a method before they are read, for who reads them without the handler of the route.
 * Undefined: its implementation is not guarded.
 */
export function inspectorOf(implementation: object, method: DescMethod): MessageInspector | undefined {
  return inspectors.get(implementation)?.get(method);
}

/** Create the guard of a server. */
export function createImplementationGuard(options: ImplementationGuardOptions): ImplementationGuard {
  const { policies, enforcement, streams, messageLimits } = options;
  const toError = createErrorConversion(options);

  const inspect = (implementation: object, methods: readonly DescMethod[]): void => {
    const ofMethods = methods.map(
      (method) => [method, createMessageInspector(method.input, messageLimits)] as const,
    );
    inspectors.set(implementation, new Map(ofMethods));
  };

  function guardMethod(spec: MethodImplSpec, interceptors: readonly Interceptor[]): MethodImplSpec["impl"] {
    const policy = policies.get(spec.method);
    const guard = createMethodGuard(options, spec.method, policy);
    const isShadow = enforcement.isShadow(spec.method.parent);
    const impl = guardImplementation(spec, { guard, policy, interceptors, toError, streams, isShadow });
    gates.set(impl, options.gate);
    inspect(impl, [spec.method]);
    return impl;
  }

  return {
    guardMethod,
    guardService(service, implementation, interceptors) {
      const specs = Object.entries(createServiceImplSpec(service, implementation).methods);
      const all = Object.fromEntries(specs.map(([name, spec]) => [name, guardMethod(spec, interceptors)]));
      gates.set(all, options.gate);
      inspect(all, service.methods);
      return all as unknown as Partial<ServiceImpl<DescService>>; // each name has what implements its method
    },
  };
}
