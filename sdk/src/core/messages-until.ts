import { waitFor } from "./waiting.ts";

/**
 * Pass messages on until a signal aborts. A reader that waits for one then gets the signal's reason at once, whatever the
 * transport does, and so does a reader that asks later.
 */
export function messagesUntil<T>(signal: AbortSignal, messages: AsyncGenerator<T>): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => waitFor(messages.next(), signal),
    return: (value) => messages.return(value),
  };
}
