import { createStandings, type Standing, type StandingKind } from "./standings.ts";

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
   *   more places, or as many and was served later, or came later
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
  /** How its address stands: all that waits of it has the same one. */
  readonly standing: Standing;
}

/**
 * So much of the places that hold as much as any other stays with addresses of a kind. Endless new ones do not keep out an
 * office behind one that was served, and a flood from however many that returned does not keep out a new one.
 */
const SHARES = { served: 1 / 4, new: 1 / 4, returning: 0 } satisfies Record<StandingKind, number>;
const KINDS = ["returning", "new", "served"] as const;

/**
 * For so many services for each place, an address that was served comes behind new ones: a flood from as many addresses
 * does not keep out a new one. More would keep those waiting longer that were served, where endless new ones come.
 */
const SERVICES_PER_PLACE = 16;

/**
 * Create a queue. Addresses take turns, and so do accounts: every other item is the next of the next address, the others
 * are of the next account. So a flood from one address, or at one account, delays the others by two turns each.
 *
 * When it is full, the place is taken from the address or account that holds most, and of an account, from the address
 * which holds most of it. Where several hold as much, that address gives way which was served last, or else came last. One
 * that gave way and tries again counts from when it first came: those that came after it do not keep it out.
 */
export function createFairQueue<T>(maxItems: number): FairQueue<T> {
  const addresses = createTurns<Place<T>>();
  const accounts = createTurns<Place<T>>();
  const places = new Set<Place<T>>();
  const standings = createStandings(maxItems * SERVICES_PER_PLACE);
  let isTurnOfAddresses = true;

  const remove = (place: Place<T>): T => {
    places.delete(place);
    addresses.remove(place.source.address, place);
    accounts.remove(place.source.account, place);
    return place.item;
  };
  const giveWay = (place: Place<T>): T => {
    standings.recordRefusal(place.source.address, place.standing);
    return remove(place);
  };
  const serve = (place: Place<T>): T => {
    addresses.endTurn(place.source.address);
    accounts.endTurn(place.source.account);
    standings.recordService(place.source.address, place.standing);
    return remove(place);
  };
  return {
    add(source, item) {
      const ofAddress = addresses.of(source.address);
      const ofAccount = accounts.of(source.account);
      const [before] = ofAddress;
      const standing = before?.standing ?? standings.find(source.address);
      const place = { source, item, ofAddress, ofAccount, standing };
      for (const waiting of [places, ofAddress, ofAccount]) {
        waiting.add(place);
      }
      return places.size > maxItems ? giveWay(findHeaviest(places) ?? place) : undefined;
    },
    next() {
      const place = isTurnOfAddresses ? addresses.first() : accounts.first();
      isTurnOfAddresses = !isTurnOfAddresses;
      return place === undefined ? undefined : serve(place);
    },
  };
}

/** The places of a kind whose address or account holds most, and of these, those whose other holds most. */
interface Heaviest<T> {
  weight: number;
  count: number;
  /** The one of them that was served last, or else came last. */
  latest: Place<T> | undefined;
}

/**
 * Find the place whose address or account holds most: of several, the one whose other holds most, and of several of these,
 * the one that was served last, or else came last. While those of a kind have no more than their share, others give way.
 */
function findHeaviest<T>(places: ReadonlySet<Place<T>>): Place<T> | undefined {
  const create = (): Heaviest<T> => ({ weight: 0, count: 0, latest: undefined });
  const ofKind = { served: create(), new: create(), returning: create() };
  for (const place of places) {
    const { ofAddress, ofAccount, standing } = place;
    const heaviest = ofKind[standing.kind];
    const more = Math.max(ofAddress.size, ofAccount.size);
    const weight = more * (places.size + 1) + Math.min(ofAddress.size, ofAccount.size);
    if (weight > heaviest.weight) {
      heaviest.weight = weight;
      heaviest.count = 1;
      heaviest.latest = place;
    } else if (weight === heaviest.weight) {
      heaviest.count += 1;
      heaviest.latest = findLater(heaviest.latest, place);
    }
  }
  const weight = Math.max(...KINDS.map((kind) => ofKind[kind].weight));
  const tied = KINDS.filter((kind) => ofKind[kind].weight === weight);
  const count = tied.reduce((sum, kind) => sum + ofKind[kind].count, 0);
  const beyond = tied.filter((kind) => ofKind[kind].count > count * SHARES[kind]);
  return beyond.map((kind) => ofKind[kind].latest).reduce((last, place) => place && findLater(last, place));
}

function findLater<T>(last: Place<T> | undefined, place: Place<T>): Place<T> {
  return last === undefined || place.standing.since >= last.standing.since ? place : last;
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
    remove(key: string, item: T): void {
      const items = turns.get(key);
      items?.delete(item);
      if (items?.size === 0) {
        turns.delete(key);
      }
    },
    /** Put the key behind all others. One of which an item only gives way keeps its turn. */
    endTurn(key: string): void {
      const items = turns.get(key);
      if (items !== undefined) {
        turns.delete(key);
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
