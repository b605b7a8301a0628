/**
 * Holds what a stream delivers against what the server has confirmed: every write that was answered with its place
 * in the feed must arrive, once.
 */
export interface Delivery {
  /** Places up to here were known before the stream was first opened: they are not awaited. */
  readonly knownUntil: bigint;
  /** The place of the newest message. */
  readonly last: bigint;
  /** The places that arrived lately: an answer may be slower than the stream. */
  readonly recent: readonly bigint[];
  /** The places that were confirmed and have not arrived yet. */
  readonly awaited: readonly bigint[];
  /** How many writes were confirmed. */
  readonly confirmed: number;
  /** How many of them arrived. */
  readonly arrived: number;
  /** How many of them the stream has passed over. */
  readonly missed: number;
  /** How many messages came again, or out of order. */
  readonly twice: number;
}

/** More than can be between a write's answer and its message at the rate of this page. */
const REMEMBERED = 256;

/** Begin to watch a stream that is opened behind a place. */
export function beginDelivery(after: bigint): Delivery {
  const counts = { confirmed: 0, arrived: 0, missed: 0, twice: 0 };
  return { knownUntil: after, last: after, recent: [], awaited: [], ...counts };
}

/** Count from zero again. What is on its way stays awaited. */
export function recount(delivery: Delivery): Delivery {
  return { ...delivery, confirmed: delivery.awaited.length, arrived: 0, missed: 0, twice: 0 };
}

/** Note that the server confirmed a write at a place. */
export function confirmWrite(delivery: Delivery, place: bigint): Delivery {
  const { knownUntil, last, recent, awaited, arrived, missed } = delivery;
  if (place <= knownUntil) {
    return delivery;
  }
  const confirmed = delivery.confirmed + 1;
  if (place > last) {
    return { ...delivery, confirmed, awaited: [...awaited, place].slice(-REMEMBERED) };
  }
  return recent.includes(place)
    ? { ...delivery, confirmed, arrived: arrived + 1 }
    : { ...delivery, confirmed, missed: missed + 1 };
}

/** Note that the stream delivered a message of a place. The feed is in order: what lies before it and did not come is missed. */
export function receiveMessage(delivery: Delivery, place: bigint): Delivery {
  const { last, recent, awaited, arrived, missed, twice } = delivery;
  if (place <= last) {
    return { ...delivery, twice: twice + 1 };
  }
  return {
    ...delivery,
    last: place,
    recent: [...recent, place].slice(-REMEMBERED),
    awaited: awaited.filter((other) => other > place),
    arrived: arrived + (awaited.includes(place) ? 1 : 0),
    missed: missed + awaited.filter((other) => other < place).length,
  };
}
