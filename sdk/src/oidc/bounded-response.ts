import { TokenSourceError } from "../core/source-error.ts";

/** The longest answer of a provider that is read, in bytes, decompressed: many times what the longest have. */
const MAX_ANSWER_BYTES = 256 * 1024;

/** Have a body of more than 256 KiB fail to be read. A few bytes may have been compressed from many: `fetch` has no limit. */
export function boundResponse(response: Response): Response {
  // Of React Native, `fetch` has no streams: the body is not there, and what was received is.
  const { body, status, statusText, headers } = response as {
    readonly body?: typeof response.body;
  } & Response;
  if (body === null || body === undefined) {
    return response;
  }
  let bytesLeft = MAX_ANSWER_BYTES;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform(part, controller) {
      bytesLeft -= part.byteLength;
      if (bytesLeft < 0) {
        const message = `the provider answers with more than ${MAX_ANSWER_BYTES} bytes`;
        throw new TokenSourceError("transient", message);
      }
      controller.enqueue(part);
    },
  });
  return new Response(body.pipeThrough(counted), { status, statusText, headers });
}
