import type { Call } from "./call.ts";
import { callHandler, type Message } from "./call-handler.ts";
import { runIntercepted } from "./intercepted.ts";

/**
 * Run the interceptors and the handler of a call. Without a promise when there are no interceptors and the handler
 * returns none.
 *
 * @throws ConnectError, and whatever was thrown where no interceptor converts it
 */
export function invoke(call: Call, message: Message): Message | Promise<Message> {
  const { spec, plan } = call.parts.method;
  try {
    const output =
      plan.interceptors.length === 0
        ? callHandler(spec, message, call.context)
        : runIntercepted(call, message);
    return output instanceof Promise ? output.catch((error: unknown) => rethrow(call, error)) : output;
  } catch (error) {
    return rethrow(call, error);
  }
}

function rethrow({ parts, signal }: Call, error: unknown): never {
  const { spec, plan } = parts.method;
  throw plan.convertError === undefined ? error : plan.convertError(error, spec.method, signal);
}
