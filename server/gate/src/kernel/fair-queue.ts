/** Where something that waits comes from: the two things that a flood can have in common. */
export interface QueueSource {
  /** The address of the caller. Those whose address is not known share the empty one. */
  readonly address: string;
  /** The account that it is about. Where there is none, all share the empty one. */
  readonly account: string;
}

/** A bounded queue that no address and no account can have for itself. */
export interface FairQueue<T> {
  /**
   * Let an item wait.
   *
   * @returns the item that has to leave, when there was no room: the one that was added, or another whose source holds
   *   more places
   */
  add(source: QueueSource, item: T): T | undefined;
  /** Take the item out whose turn it is; undefined when none waits. */
  next(): T | undefined;
}

interface Place<T> {
  readonly source: QueueSource;
  readonly item: T;
  /** All that waits of its address. The place has it at hand: a walk over all places looks up no names. */
  readonly ofAddress: Set<Place<T>>;
  /** All that waits of its account. */
  readonly ofAccount: Set<Place<T>>;
}

/**
 * Create a queue. Addresses take turns, and so do accounts: every other item is the next of the next address, the others
 * are of the next account. So a flood from one address, or at one account, delays the others by two turns each.
 *
 * When it is full, the place is taken from the address or account that holds most: its newest place, or of an account,
 * that of the address which holds most of it.
 */
export function createFairQueue<T>(maxItems: number): FairQueue<T> {
  const addresses = createTurns<Place<T>>();
  const accounts = createTurns<Place<T>>();
  const places = new Set<Place<T>>();
  let isTurnOfAddresses = true;

  const remove = (place: Place<T>): T => {
    places.delete(place);
    addresses.remove(place.source.address, place);
    accounts.remove(place.source.account, place);
    return place.item;
  };
  /** The newest of those whose address or account holds most; where several do, of those whose other holds most. */
  const findHeaviest = (newest: Place<T>): Place<T> => {
    let heaviest = newest;
    let most = 0;
    let other = 0;
    for (const place of places) {
      const { ofAddress, ofAccount } = place;
      const more = Math.max(ofAddress.size, ofAccount.size);
      const less = Math.min(ofAddress.size, ofAccount.size);
      if (more > most || (more === most && less >= other)) {
        heaviest = place;
        most = more;
        other = less;
      }
    }
    return heaviest;
  };
  return {
    add(source, item) {
      const ofAddress = addresses.of(source.address);
      const ofAccount = accounts.of(source.account);
      const place = { source, item, ofAddress, ofAccount };
      for (const waiting of [places, ofAddress, ofAccount]) {
        waiting.add(place);
      }
      return places.size > maxItems ? remove(findHeaviest(place)) : undefined;
    },
    next() {
      const place = isTurnOfAddresses ? addresses.first() : accounts.first();
      isTurnOfAddresses = !isTurnOfAddresses;
      return place === undefined ? undefined : remove(place);
    },
  };
}

/** What waits of each key, the keys in the order of their turns. Keys of which nothing waits are forgotten. */
function createTurns<T>() {
  const turns = new Map<string, Set<T>>();
  return {
    /** What waits of the key, for the next to be added to. A new key gets its turn after all others. */
    of(key: string): Set<T> {
      const items = turns.get(key) ?? new Set<T>();
      turns.set(key, items);
      return items;
    },
    /** The key goes to the end of the turns. */
    remove(key: string, item: T): void {
      const items = turns.get(key);
      items?.delete(item);
      turns.delete(key);
      if (items !== undefined && items.size > 0) {
        turns.set(key, items);
      }
    },
    first(): T | undefined {
      const [items] = turns.values();
      const [item] = items ?? [];
      return item;
    },
  };
}
