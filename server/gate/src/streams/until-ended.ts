import type { Ending } from "./ending.ts";
import { PULL, type PullIterator, pull, type Reader, toNext } from "./pull.ts";

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
        return new Passing(source[Symbol.asyncIterator](), ending, hooks);
      } catch (error) {
        hooks.onDone?.();
        throw hooks.toError?.(error) ?? error; // what a handler returned is none
      }
    },
  };
}

/** The messages of one reader. A class: one is made for each way of every stream. */
class Passing<T> implements PullIterator<T> {
  readonly #inner: AsyncIterator<T>;
  readonly #ending: Ending;
  readonly #hooks: PassingHooks<T>;
  /** The passage that was begun last. */
  #latest: Passage<T> | undefined;
  /** Settles when the messages before have been looked at; undefined: they have. */
  #looking: Promise<void> | undefined;

  constructor(inner: AsyncIterator<T>, ending: Ending, hooks: PassingHooks<T>) {
    this.#inner = inner;
    this.#ending = ending;
    this.#hooks = hooks;
    ending.onEnd((error) => {
      this.#latest?.break(error);
      close(inner);
    });
  }

  [PULL](reader: Reader<T>): void {
    const { ended } = this.#ending;
    if (ended !== undefined) {
      reader.onError(this.toError(ended));
      return;
    }
    const passage = new Passage(this, reader);
    this.#latest = passage;
    pull(this.#inner, passage);
  }

  next(): Promise<IteratorResult<T>> {
    return toNext(this);
  }

  return(value?: unknown): Promise<IteratorResult<T>> {
    this.#hooks.onDone?.();
    return this.#inner.return?.(value) ?? Promise.resolve({ done: true, value });
  }

  throw(error?: unknown): Promise<IteratorResult<T>> {
    this.#hooks.onDone?.();
    return this.#inner.throw?.(error) ?? Promise.reject(error);
  }

  toError(error: unknown): unknown {
    const { toError } = this.#hooks;
    return toError === undefined ? error : toError(error);
  }

  /** Convert the error that a reader gets instead of a message. */
  fail(error: unknown): unknown {
    this.#hooks.onDone?.();
    return this.toError(error);
  }

  /** Look at a message in its turn. Without a promise where there is nothing to wait for. */
  lookInTurn(result: IteratorResult<T>): void | Promise<void> {
    const looked =
      this.#looking === undefined ? this.#look(result) : this.#looking.then(() => this.#look(result));
    if (looked instanceof Promise) {
      const clear = (): void => {
        this.#looking = this.#looking === turn ? undefined : this.#looking;
      };
      const turn = looked.then(clear, clear);
      this.#looking = turn;
    }
    return looked;
  }

  #look(result: IteratorResult<T>): void | Promise<void> {
    const { ended } = this.#ending;
    if (ended !== undefined) {
      throw ended;
    }
    const { onMessage, onDone } = this.#hooks;
    return result.done === true ? onDone?.() : onMessage?.(result.value);
  }
}

/** One message on its way to its reader. */
class Passage<T> implements Reader<T> {
  readonly #passing: Passing<T>;
  readonly #reader: Reader<T>;
  #isOver = false;

  constructor(passing: Passing<T>, reader: Reader<T>) {
    this.#passing = passing;
    this.#reader = reader;
  }

  onResult(result: IteratorResult<T>): void {
    try {
      const looked = this.#passing.lookInTurn(result);
      if (looked instanceof Promise) {
        looked.then(
          () => this.#pass(result),
          (error: unknown) => this.onError(error),
        );
        return;
      }
    } catch (error) {
      this.onError(error);
      return;
    }
    this.#pass(result);
  }

  onError(error: unknown): void {
    this.#settle(this.#passing.fail(error));
  }

  /** The stream ends while the reader waits. */
  break(error: unknown): void {
    this.#settle(this.#passing.toError(error));
  }

  #pass(result: IteratorResult<T>): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#reader.onResult(result);
    }
  }

  #settle(error: unknown): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#reader.onError(error);
    }
  }
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
