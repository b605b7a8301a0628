import { create, type DescMessage, type MessageInitShape, type MessageShape } from "@bufbuild/protobuf";
import type { HandlerContext, MethodImplSpec } from "@connectrpc/connect";

/** A message of any type. */
export type Message = MessageShape<DescMessage>;

/** What implements a unary method. */
export type UnarySpec = MethodImplSpec & { readonly kind: "unary" };

type Result = MessageInitShape<DescMessage>;

/** Call the handler of a method. A promise only where it returns one. @throws what it throws */
export function callHandler(
  spec: UnarySpec,
  input: Message,
  context: HandlerContext,
): Message | Promise<Message> {
  const toMessage = (init: Result): Message => create(spec.method.output, init);
  const result = spec.impl(input, context);
  return isThenable(result) ? Promise.resolve(result).then(toMessage) : toMessage(result);
}

function isThenable(value: Result | PromiseLike<Result>): value is PromiseLike<Result> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
