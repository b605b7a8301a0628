import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import { interceptUnary } from "@countersign/server/internal";
import type { Call } from "./call.ts";
import type { CallMethod, CallParts, Message, UnarySpec } from "./call-parts.ts";

/** A call of a unary method. */
type InvokedCall = Call<CallParts & { readonly method: CallMethod & { readonly spec: UnarySpec } }>;

/**
 * Run the interceptors and the handler of a call. Without a promise when there are no interceptors and the handler
 * returns none.
 *
 * @throws whatever they throw
 */
export function invoke(call: InvokedCall, message: Message): Message | Promise<Message> {
  const { spec, interceptors } = call.parts.method;
  const ctx = call.context;
  return interceptors.length === 0
    ? callHandler(spec, message, ctx)
    : interceptUnary(interceptors, { message, ctx }, spec.impl);
}

type Result = MessageInitShape<DescMessage>;

/** Call the handler of a method. A promise only where it returns one. @throws what it throws */
function callHandler(spec: UnarySpec, input: Message, context: HandlerContext): Message | Promise<Message> {
  const toMessage = (init: Result): Message => create(spec.method.output, init);
  const result = spec.impl(input, context);
  return isThenable(result) ? Promise.resolve(result).then(toMessage) : toMessage(result);
}

function isThenable(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
