import { ConnectError } from "@connectrpc/connect";
import { withoutStack } from "../errors/without-stack.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";

const MAX_CHARS = DEFAULT_LIMITS.errors.maxMessageChars;

/** Check whether a text is longer than the message of an error may be. */
export function isMessageTooLong(text: unknown): text is string {
  return typeof text === "string" && text.length > MAX_CHARS;
}

/** Cut a text that is longer than the message of an error may be. */
export function cutMessage(text: string): string {
  return isMessageTooLong(text) ? `${text.slice(0, MAX_CHARS).toWellFormed()}…` : text;
}

/** Cut the message of an error in the form that it has in a trailer, percent-encoded. What is no text is left out. */
export function cutEncodedMessage(encoded: string): string {
  try {
    return isMessageTooLong(encoded) ? encodeURIComponent(cutMessage(decodeURIComponent(encoded))) : encoded;
  } catch {
    return ""; // it says nothing to the client either; the status does
  }
}

/**
 * Cut the message of an error that is too long for a client to take. Errors often repeat what a caller has sent, and a
 * trailer that is larger than what a client takes resets its call.
 *
 * @returns the error itself when its message is short; otherwise one with the same code, metadata, details and cause
 */
export function boundMessage(error: ConnectError): ConnectError {
  if (!isMessageTooLong(error.rawMessage)) {
    return error;
  }
  const message = cutMessage(error.rawMessage);
  const bounded = withoutStack(
    () => new ConnectError(message, error.code, error.metadata, undefined, error.cause),
  );
  bounded.details = error.details;
  // Connect marks with it what came off the wire of another call, and does not pass its metadata on.
  return Object.assign(bounded, { isWireError: Reflect.get(error, "isWireError") === true });
}
