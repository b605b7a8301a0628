import { cutMessage, DEFAULT_LIMITS } from "@countersign/server/internal";

/**
 * Cut the message in a trailer, where it stands percent-encoded. The error can be one of Connect itself, which repeats in it
 * what it cannot read.
 */
export function boundTrailerMessage(trailers: Record<string, unknown>): void {
  const encoded = trailers["grpc-message"];
  if (typeof encoded !== "string" || encoded.length <= DEFAULT_LIMITS.errors.maxMessageChars) {
    return;
  }
  try {
    trailers["grpc-message"] = encodeURIComponent(cutMessage(decodeURIComponent(encoded)));
  } catch {
    // What is no text says nothing to the client either; the status does.
    delete trailers["grpc-message"];
  }
}
