/** Split what comes into parts of one size; the last may have less. */
export function* chunks<T>(all: Iterable<T>, size: number): Generator<readonly T[]> {
  let some: T[] = [];
  for (const one of all) {
    some.push(one);
    if (some.length === size) {
      yield some;
      some = [];
    }
  }
  if (some.length > 0) {
    yield some;
  }
}
