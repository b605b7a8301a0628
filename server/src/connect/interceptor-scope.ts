import type { DescMethod } from "@bufbuild/protobuf";
import type { ConnectError, Interceptor } from "@connectrpc/connect";

/** How far a call has been aborted: an AbortSignal, or what stands for one that nobody has asked for. */
export interface AbortState {
  readonly aborted: boolean;
  readonly reason: unknown;
}

/** Converts what was thrown to what leaves. */
export type ErrorConversion = (error: unknown, method: DescMethod, signal: AbortState) => ConnectError;

/** What an interceptor does to unary calls, so that a server can leave it out where it does nothing. */
export interface UnaryScope {
  /** Say whether it does anything to the unary calls of a method. */
  readonly appliesTo: (method: DescMethod) => boolean;
  /** All that it does, when that is to convert what was thrown behind it. */
  readonly convertError?: ErrorConversion;
}

const scopeKey = Symbol("countersign unary scope");

/** Write down what an interceptor does to unary calls. It returns the interceptor that it was given. */
export function describeUnary(interceptor: Interceptor, scope: UnaryScope): Interceptor {
  return Object.assign(interceptor, { [scopeKey]: scope });
}

/** What has to run around the unary calls of one method. */
export interface UnaryPlan {
  /** Stands outside of all others. Absent: errors leave as they are. */
  readonly convertError: ErrorConversion | undefined;
  /** In the order in which they were given. */
  readonly interceptors: readonly Interceptor[];
}

/** Find out which interceptors have to run around the unary calls of a method: every one of which nobody knows better. */
export function planUnary(interceptors: readonly Interceptor[], method: DescMethod): UnaryPlan {
  const needed = interceptors.filter((interceptor) => scopeOf(interceptor)?.appliesTo(method) ?? true);
  const [first, ...rest] = needed;
  const convertError = first === undefined ? undefined : scopeOf(first)?.convertError;
  return convertError === undefined
    ? { convertError, interceptors: needed }
    : { convertError, interceptors: rest };
}

function scopeOf(interceptor: Interceptor & { readonly [scopeKey]?: UnaryScope }): UnaryScope | undefined {
  return interceptor[scopeKey];
}
