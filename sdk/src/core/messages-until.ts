import { offerTake, takeOf } from "./take.ts";
import { onAbort } from "./waiting.ts";

/**
 * Pass messages on until a signal aborts. A reader that waits for one then gets the signal's reason at once, whatever the
 * transport does, and so does a reader that asks later.
 *
 * It has one listener at the signal for all messages, which stays there: the signal must be the stream's own.
 */
export function messagesUntil<T>(
  signal: AbortSignal,
  messages: AsyncIterator<T, void>,
): AsyncIterableIterator<T, void> {
  const takeNext = takeOf(messages);
  const waiting = new Set<(reason: unknown) => void>();
  // Asking the signal for each message takes longer than all else here.
  let isAborted = false;
  onAbort(signal, (reason) => {
    isAborted = true;
    for (const reject of waiting) {
      reject(reason);
    }
  });
  const take = (): T | undefined => (waiting.size > 0 || isAborted ? undefined : takeNext?.());

  const iterator: AsyncIterableIterator<T, void> = {
    [Symbol.asyncIterator]: () => iterator,
    next() {
      const value = take();
      return value === undefined ? wait() : Promise.resolve({ done: false, value });
    },
    return: async () => (await messages.return?.()) ?? { done: true, value: undefined },
  };

  function wait(): Promise<IteratorResult<T, void>> {
    return new Promise((resolve, reject) => {
      waiting.add(reject);
      if (isAborted) {
        reject(signal.reason);
      }
      // Before it is settled: the reader may ask for the next one at once.
      const settleBy =
        <R>(settle: (result: R) => void) =>
        (result: R): void => {
          waiting.delete(reject);
          settle(result);
        };
      messages.next().then(settleBy(resolve), settleBy(reject));
    });
  }

  return offerTake(iterator, take);
}
