import { type CelList, type CelValue, celList } from "@bufbuild/cel";

/**
 * A list and what was appended to it. The language makes a list of two lists of every step of `map` and `filter`: going
 * through a thousand of those, each in the next, takes a million steps.
 *
 * Lists share their items with those that they were appended to, as long as only one was appended to each.
 */
class AppendedList implements Pick<CelList, "size" | "get" | "values"> {
  readonly items: CelValue[];
  readonly size: number;

  constructor(items: CelValue[]) {
    this.items = items;
    this.size = items.length;
  }

  get(index: number): CelValue | undefined {
    return index >= 0 && index < this.size ? this.items[index] : undefined;
  }

  *values(): IterableIterator<CelValue> {
    for (let at = 0; at < this.size; at += 1) {
      const item = this.items[at];
      if (item !== undefined) {
        yield item;
      }
    }
  }

  [Symbol.iterator](): IterableIterator<CelValue> {
    return this.values();
  }
}
// The language tells its lists by a symbol, which its own lists have.
Object.setPrototypeOf(AppendedList.prototype, celList([]));

/** Append a list to another, neither of which is changed. */
export function appendList(left: CelList, right: CelList): CelList {
  const added = [...right];
  const isLast = left instanceof AppendedList && left.items.length === left.size;
  const items = isLast ? left.items : [...left];
  for (const item of added) {
    items.push(item);
  }
  return new AppendedList(items) as unknown as CelList; // by its prototype
}
