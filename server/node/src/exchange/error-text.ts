import { ConnectError } from "@connectrpc/connect";
import { DEFAULT_LIMITS } from "@countersign/server/internal";

/**
 * How much of an error's message is sent, in characters. A message that cannot be read is often repeated in its error, and
 * a trailer that is larger than what a client takes resets the call.
 */
const MAX_CHARS = DEFAULT_LIMITS.errors.maxMessageChars;

/** Cut the message of an error that is too long for a client to take. */
export function boundMessage(error: ConnectError): ConnectError {
  if (error.rawMessage.length <= MAX_CHARS) {
    return error;
  }
  const bounded = new ConnectError(cut(error.rawMessage), error.code, error.metadata, undefined, error.cause);
  bounded.details = error.details;
  return bounded;
}

/** The same for the message of a trailer, which stands there percent-encoded. */
export function boundTrailerMessage(trailers: Record<string, unknown>): void {
  const encoded = trailers["grpc-message"];
  if (typeof encoded !== "string" || encoded.length <= MAX_CHARS) {
    return;
  }
  try {
    trailers["grpc-message"] = encodeURIComponent(cut(decodeURIComponent(encoded)));
  } catch {
    // What is no text says nothing to the client either; the status does.
    delete trailers["grpc-message"];
  }
}

function cut(text: string): string {
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS).toWellFormed()}…`;
}
