import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { UnaryCall } from "./call.ts";
import { type CallHandler, runIntercepted } from "./intercepted.ts";
import type { UnaryMethod } from "./methods.ts";

type Output = MessageShape<DescMessage>;
type Result = MessageInitShape<DescMessage>;

/**
 * Run the interceptors and the handler of a call. Without a promise when there are no interceptors and the handler
 * returns none.
 *
 * @throws ConnectError, and whatever was thrown where no interceptor converts it
 */
export function invoke(call: UnaryCall, context: HandlerContext, input: Output): Output | Promise<Output> {
  const { method } = call.parts;
  const { interceptors, convertError } = method.plan;
  const convert = (error: unknown): never => {
    throw convertError === undefined ? error : convertError(error, method.spec.method, call.signal);
  };
  const callHandler: CallHandler = (message, own) => normalize(method, method.spec.impl(message, own));
  try {
    const result =
      interceptors.length === 0
        ? callHandler(input, context)
        : runIntercepted({ call, context, message: input }, callHandler);
    return result instanceof Promise ? result.catch(convert) : result;
  } catch (error) {
    return convert(error);
  }
}

function normalize(method: UnaryMethod, result: Result | PromiseLike<Result>): Output | Promise<Output> {
  const toMessage = (init: Result): Output => create(method.spec.method.output, init);
  return isThenable(result) ? Promise.resolve(result).then(toMessage) : toMessage(result);
}

function isThenable(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
