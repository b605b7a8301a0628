/** Gets one message of a source, or learns why there is none: exactly one of the two is called, once. */
export interface Reader<T> {
  onResult(result: IteratorResult<T>): void;
  onError(error: unknown): void;
}

/** The name of the method by which a {@link PullIterator} is read. */
export const PULL = Symbol("countersign pull");

/** An iterator that gives its next message to a reader without making a promise for it. */
export interface PullIterator<T> extends AsyncIterator<T> {
  /** Ask for the next message. The reader may get it before this returns. */
  [PULL](reader: Reader<T>): void;
}

/** Ask any iterator for its next message. Never throws. */
export function pull<T>(iterator: AsyncIterator<T> | PullIterator<T>, reader: Reader<T>): void {
  if (PULL in iterator) {
    iterator[PULL](reader);
    return;
  }
  try {
    iterator.next().then(
      (result) => reader.onResult(result),
      (error: unknown) => reader.onError(error),
    );
  } catch (error) {
    reader.onError(error); // a source may throw instead of rejecting
  }
}

/** Ask for the next message of an iterator, with a promise as its `next()` returns one. */
export function toNext<T>(iterator: PullIterator<T>): Promise<IteratorResult<T>> {
  const reader = new PromisedReader<T>();
  iterator[PULL](reader);
  return reader.toPromise();
}

/** Keeps what it gets for a promise. What waits already needs none that can be settled. A class: one is made for every message. */
class PromisedReader<T> implements Reader<T> {
  #result: IteratorResult<T> | undefined;
  #waiting: PromiseWithResolvers<IteratorResult<T>> | undefined;

  onResult(result: IteratorResult<T>): void {
    if (this.#waiting === undefined) {
      this.#result = result;
    } else {
      this.#waiting.resolve(result);
    }
  }

  onError(error: unknown): void {
    const { promise, reject } = this.#wait();
    reject(error);
    // A handler that has ended may have left its question behind: what no handler hears must not end the process.
    promise.catch(() => undefined);
  }

  toPromise(): Promise<IteratorResult<T>> {
    return this.#result === undefined ? this.#wait().promise : Promise.resolve(this.#result);
  }

  #wait(): PromiseWithResolvers<IteratorResult<T>> {
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting;
  }
}
