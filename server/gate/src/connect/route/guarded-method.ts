import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import type { Interceptor, MethodImplSpec } from "@connectrpc/connect";
import type { ErrorConversion } from "./error-conversion.ts";
import type { MethodGuard } from "./method-guard.ts";

/** The type of a message that may be any. */
export type AnyMessage = DescMessage;

/** What implements a method of one kind, whatever its messages are. */
export type Implementation<Kind extends DescMethod["methodKind"]> = Extract<
  MethodImplSpec,
  { readonly kind: Kind }
>["impl"];

/** What stands around the implementation of one method. */
export interface GuardedMethod {
  readonly guard: MethodGuard;
  /** The application's own, from outside to inside. */
  readonly interceptors: readonly Interceptor[];
  readonly toError: ErrorConversion;
}
