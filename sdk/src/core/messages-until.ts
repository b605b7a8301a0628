/**
 * Pass messages on until a signal aborts. A reader that waits for one then gets the signal's reason at once, whatever the
 * transport does, and so does a reader that asks later.
 *
 * A listener per iterator, not a race per message: a race leaves a reaction behind for every message.
 */
export function messagesUntil<T>(signal: AbortSignal, messages: AsyncGenerator<T>): AsyncIterableIterator<T> {
  let rejectRead: ((reason: unknown) => void) | undefined;
  signal.addEventListener("abort", () => rejectRead?.(signal.reason));
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        rejectRead = reject;
        messages.next().then(resolve, reject);
      }),
    return: (value) => messages.return(value),
  };
}
