import type { Ending } from "./ending.ts";

/** What happens to the messages of a stream on their way. */
export interface PassingHooks<T> {
  /**
   * Looks at each message, one after the other; what it throws or rejects with is what the reader gets instead. A message
   * waits for its promise, and those behind it wait too.
   */
  readonly onMessage?: ((message: T) => void | Promise<void>) | undefined;
  /** Converts an error of the source, and the one that ends the stream. Default: both go on as they are. */
  readonly toError?: (error: unknown) => unknown;
  /** Called when the source is over, or the reader is. It may be called more than once. */
  readonly onDone?: () => void;
}

/**
 * Pass messages on until the life of their stream ends. Then a reader that waits for one gets the error at once,
 * without waiting for the source: a handler that hangs cannot keep the stream open.
 *
 * A listener per iterator, not a race per message: a race against one promise that lives as long as the stream
 * leaves a reaction behind for every message.
 */
export function untilEnded<T>(
  source: AsyncIterable<T>,
  ending: Ending,
  hooks: PassingHooks<T> = {},
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]() {
      try {
        return createPassing(source[Symbol.asyncIterator](), ending, hooks);
      } catch (error) {
        hooks.onDone?.();
        throw hooks.toError?.(error) ?? error; // what a handler returned is none
      }
    },
  };
}

function createPassing<T>(
  inner: AsyncIterator<T>,
  ending: Ending,
  { onMessage, toError = (error) => error, onDone }: PassingHooks<T>,
): AsyncIterator<T> {
  let rejectPending: ((error: unknown) => void) | undefined;
  /** Settles when the messages before have been looked at; undefined: they have. */
  let looking: Promise<void> | undefined;
  ending.onEnd((error) => {
    rejectPending?.(toError(error));
    close(inner);
  });
  const look = (result: IteratorResult<T>): void | Promise<void> => {
    if (ending.ended !== undefined) {
      throw ending.ended;
    }
    if (result.done !== true) {
      return onMessage?.(result.value);
    }
    onDone?.();
  };
  /** Look at a message in its turn. Without a promise where there is nothing to wait for. */
  const lookInTurn = (result: IteratorResult<T>): void | Promise<void> => {
    const looked = looking === undefined ? look(result) : looking.then(() => look(result));
    if (looked instanceof Promise) {
      const turn = looked.then(clear, clear);
      function clear(): void {
        looking = looking === turn ? undefined : looking;
      }
      looking = turn;
    }
    return looked;
  };
  return {
    next: () =>
      ending.ended === undefined
        ? new Promise((resolve, reject) => {
            rejectPending = reject;
            const fail = (error: unknown): void => {
              onDone?.();
              reject(toError(error));
            };
            const pass = (result: IteratorResult<T>): void => {
              try {
                const looked = lookInTurn(result);
                if (looked instanceof Promise) {
                  looked.then(() => resolve(result), fail);
                } else {
                  resolve(result);
                }
              } catch (error) {
                fail(error);
              }
            };
            try {
              inner.next().then(pass, fail);
            } catch (error) {
              fail(error); // a source may throw instead of rejecting
            }
          })
        : Promise.reject(toError(ending.ended)),
    return(value?: unknown) {
      onDone?.();
      return inner.return?.(value) ?? Promise.resolve({ done: true, value });
    },
    throw(error?: unknown) {
      onDone?.();
      return inner.throw?.(error) ?? Promise.reject(error);
    },
  };
}

/** Close without waiting. What a source throws while it closes has no reader any more. */
function close(iterator: AsyncIterator<unknown>): void {
  try {
    iterator.return?.()?.catch(() => {});
  } catch {
    // as above: a source may throw instead of rejecting
  }
}

/** Wait for a result until the life of the stream ends. One listener for the whole stream. */
export function resultUntilEnded<T>(result: PromiseLike<T>, ending: Ending): Promise<T> {
  return new Promise((resolve, reject) => {
    ending.onEnd(reject);
    // A result that comes when the end has begun, and the listeners do not know of it yet, comes too late.
    result.then((value) => (ending.ended === undefined ? resolve(value) : reject(ending.ended)), reject);
  });
}
