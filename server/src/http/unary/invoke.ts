import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { invokeUnaryImplementation } from "@connectrpc/connect/protocol";
import type { UnaryCall } from "./call.ts";
import type { UnaryMethod } from "./methods.ts";

type Output = MessageShape<DescMessage>;

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
    throw convertError === undefined ? error : convertError(error, method.desc, call.signal);
  };
  try {
    const result =
      interceptors.length === 0
        ? callHandler(method, context, input)
        : invokeUnaryImplementation(method.spec, context, input, [...interceptors]);
    return result instanceof Promise ? result.catch(convert) : result;
  } catch (error) {
    return convert(error);
  }
}

function callHandler(method: UnaryMethod, context: HandlerContext, input: Output): Output | Promise<Output> {
  const result = method.spec.impl(input, context);
  const normalize = (init: MessageInitShape<DescMessage>): Output => create(method.desc.output, init);
  return isThenable(result) ? Promise.resolve(result).then(normalize) : normalize(result);
}

function isThenable(value: unknown): value is PromiseLike<MessageInitShape<DescMessage>> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
