import type { DescService } from "@bufbuild/protobuf";
import {
  createServiceImplSpec,
  type Interceptor,
  type MethodImplSpec,
  type ServiceImpl,
} from "@connectrpc/connect";
import type { PolicyTable } from "../../authorize/policy-table.ts";
import type { WireErrorContext } from "../error-contract.ts";
import type { Gate } from "../gate.ts";
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

/** Create the guard of a server. */
export function createImplementationGuard(options: ImplementationGuardOptions): ImplementationGuard {
  const { policies, enforcement, streams } = options;
  const toError = createErrorConversion(options);

  function guardMethod(spec: MethodImplSpec, interceptors: readonly Interceptor[]): MethodImplSpec["impl"] {
    const policy = policies.get(spec.method);
    const guard = createMethodGuard(options, spec.method, policy);
    const isShadow = enforcement.isShadow(spec.method.parent);
    const impl = guardImplementation(spec, { guard, policy, interceptors, toError, streams, isShadow });
    gates.set(impl, options.gate);
    return impl;
  }

  return {
    guardMethod,
    guardService(service, implementation, interceptors) {
      const specs = Object.entries(createServiceImplSpec(service, implementation).methods);
      const all = Object.fromEntries(specs.map(([name, spec]) => [name, guardMethod(spec, interceptors)]));
      gates.set(all, options.gate);
      return all as unknown as Partial<ServiceImpl<DescService>>; // each name has what implements its method
    },
  };
}
