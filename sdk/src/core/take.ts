/**
 * Hands out a message that has arrived already, without a promise: a stream whose messages come in faster than they are
 * read then costs one promise a message, however many iterators pass it on.
 *
 * @returns undefined when no message waits, or one waits that cannot be read: `next` then has the rest to say
 */
export type Take<T> = () => T | undefined;

interface Offer {
  readonly next: unknown;
  readonly take: Take<unknown>;
}

const offers = new WeakMap<object, Offer>();

/** It is compared, and called by no one. */
const nextOf = (iterator: object): unknown => Reflect.get(iterator, "next");

/** Offer a way around the `next` of an iterator. */
export function offerTake<T, I extends AsyncIterator<T>>(iterator: I, take: Take<T>): I {
  offers.set(iterator, { next: nextOf(iterator), take });
  return iterator;
}

/** Look up the way around the `next` of an iterator. There is none around a `next` that an interceptor has put there. */
export function takeOf<T>(iterator: AsyncIterator<T>): Take<T> | undefined {
  const offer = offers.get(iterator);
  // The one that offers it hands out what its iterator does.
  return offer?.next === nextOf(iterator) ? (offer?.take as Take<T> | undefined) : undefined;
}
