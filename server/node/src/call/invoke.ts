import { interceptUnary } from "@countersign/server/internal";
import type { Call } from "./call.ts";
import { callHandler, type Message } from "./call-handler.ts";

/**
 * Run the interceptors and the handler of a call. Without a promise when there are no interceptors and the handler
 * returns none.
 *
 * @throws whatever they throw
 */
export function invoke(call: Call, message: Message): Message | Promise<Message> {
  const { spec, interceptors } = call.parts.method;
  const ctx = call.context;
  return interceptors.length === 0
    ? callHandler(spec, message, ctx)
    : interceptUnary(interceptors, { message, ctx }, spec.impl);
}
