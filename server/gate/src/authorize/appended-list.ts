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

/** Check whether nothing was appended to a list yet: its items can be those of the next one too. */
function canShare(list: CelList): list is CelList & AppendedList {
  return list instanceof AppendedList && list.items.length === list.size;
}

// The language tells its lists by a symbol, which its own lists have.
Object.setPrototypeOf(AppendedList.prototype, celList([]));

/** Find the lists whose elements are copied when one is appended to the other. */
export function copiedByAppend(left: CelList, right: CelList): readonly CelList[] {
  return canShare(left) ? [right] : [left, right];
}

/** Append a list to another, neither of which is changed. */
export function appendList(left: CelList, right: CelList): CelList {
  const added = [...right];
  const items = canShare(left) ? left.items : [...left];
  for (const item of added) {
    items.push(item);
  }
  return new AppendedList(items) as unknown as CelList; // by its prototype
}
