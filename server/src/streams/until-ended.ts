import type { Ending } from "./ending.ts";

/**
 * Pass messages on until the life of their stream ends. Then whoever waits for one gets the error at once,
 * without waiting for the source: a handler that hangs cannot keep the stream open.
 *
 * A listener per iterator, not a race per message: a race against one promise that lives as long as the stream
 * leaves a reaction behind for every message.
 */
export function untilEnded<T>(source: AsyncIterable<T>, lifetime: Ending): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      const inner = source[Symbol.asyncIterator]();
      let rejectPending: ((error: unknown) => void) | undefined;
      lifetime.onEnd((error) => {
        rejectPending?.(error);
        close(inner);
      });
      return {
        next: () =>
          lifetime.ended === undefined
            ? new Promise((resolve, reject) => {
                rejectPending = reject;
                inner.next().then(resolve, reject);
              })
            : Promise.reject(lifetime.ended),
        return: (value?: unknown) => inner.return?.(value) ?? Promise.resolve({ done: true, value }),
        throw: (error?: unknown) => inner.throw?.(error) ?? Promise.reject(error),
      };
    },
  };
}

/** Close without waiting. What a source throws while it closes has no reader any more. */
function close(iterator: AsyncIterator<unknown>): void {
  iterator.return?.()?.catch(() => {});
}

/** Wait for a result until the life of the stream ends. One listener for the whole stream. */
export function resultUntilEnded<T>(result: Promise<T>, lifetime: Ending): Promise<T> {
  return new Promise((resolve, reject) => {
    lifetime.onEnd(reject);
    result.then(resolve, reject);
  });
}
