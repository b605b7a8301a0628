/** Make a stream that hands out parts as they are asked for. */
export function toStream(parts: Iterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = parts[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const part = iterator.next();
      if (part.done === true) {
        controller.close();
      } else {
        controller.enqueue(part.value);
      }
    },
  });
}
