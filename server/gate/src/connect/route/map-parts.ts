/** The body of a request or a response. */
export type Body = AsyncIterable<Uint8Array>;

/** What reading a body gives: a part, or its end. */
export type Part = IteratorResult<Uint8Array>;

/** Change the parts of a body as they are read. What else its reader does reaches the body as it is. */
export function mapParts(body: Body, change: (part: Part) => Part | Promise<Part>): Body {
  return {
    [Symbol.asyncIterator]() {
      const parts = body[Symbol.asyncIterator]();
      return {
        next: () => parts.next().then(change),
        throw: (reason: unknown) => parts.throw?.(reason) ?? Promise.reject(reason),
        return: (value: unknown) => parts.return?.(value) ?? Promise.resolve({ done: true, value }),
      };
    },
  };
}
