import type { Message, MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { optionalPrincipalOf } from "../principal-context.ts";
import type { AnyMessage, GuardedMethod, Implementation } from "./guarded-method.ts";
import { interceptUnary } from "./intercept.ts";

/** Guard the implementation of a unary method. Without a promise where none of its parts returns one. */
export function guardUnary(impl: Implementation<"unary">, method: GuardedMethod): Implementation<"unary"> {
  const { guard, interceptors, toError } = method;
  const run: Implementation<"unary"> =
    interceptors.length === 0 ? impl : (message, ctx) => interceptUnary(interceptors, { message, ctx }, impl);
  const runAdmitted = (message: Message, ctx: HandlerContext): ReturnType<typeof run> => {
    const checked = guard.check?.(optionalPrincipalOf(ctx), { message, ctx });
    return checked instanceof Promise ? checked.then(() => run(message, ctx)) : run(message, ctx);
  };
  return (message, ctx) => {
    try {
      const admitted = guard.admit(ctx);
      const output =
        admitted instanceof Promise
          ? admitted.then((judged) => runAdmitted(message, judged))
          : runAdmitted(message, admitted);
      return isThenable(output) ? convertRejection(output, method, ctx) : output;
    } catch (error) {
      throw toError(error, ctx);
    }
  };
}

function convertRejection(
  output: PromiseLike<UnaryOutput>,
  { toError }: GuardedMethod,
  ctx: HandlerContext,
): Promise<UnaryOutput> {
  return Promise.resolve(output).catch((error: unknown) => {
    throw toError(error, ctx);
  });
}

type UnaryOutput = MessageInitShape<AnyMessage>;

function isThenable(value: UnaryOutput | PromiseLike<UnaryOutput>): value is PromiseLike<UnaryOutput> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
