/** Holds bytes that mean nothing before more comes. */
export interface ByteHolder {
  /** What they came over, such as a connection. It must stay the same. */
  readonly connection: object;
  /**
   * Where they come from, in the form that limits count by. It must not throw. It is asked for once, when there is too much.
   */
  readonly peer: string;
  /** Forget them: there is too much. It must not throw. */
  giveUp(): void;
}

/** How many bytes may be held. */
export interface ByteLimits {
  /** Those that came over one connection. */
  readonly maxBytesPerConnection: number;
  /** All of them together. */
  readonly maxBytes: number;
}

/** Counts the bytes that are held. */
export interface ByteBudget {
  /** How many are held now. */
  readonly heldBytes: number;
  /**
   * Take note of how many bytes a holder has now. When that is too much, holders give theirs up before this returns, the
   * given one perhaps among them.
   */
  hold(holder: ByteHolder, bytes: number): void;
  /** Take note that a holder has none any more. */
  release(holder: ByteHolder): void;
}

/** Down to which part of a limit holders give up: the next byte must not make others look through all of them again. */
const REST = 7 / 8;

/** Which part of what a peer's holders have on average is little. */
const LITTLE = 1 / 2;

interface Account {
  readonly connection: { bytes: number };
  bytes: number;
  /** Where it comes from, as soon as that was asked for. */
  peer: string | undefined;
}

/**
 * Create a count of the bytes that are held by what waits for more, such as requests whose last byte has not come. When
 * there are too many, those of the peer that has most give theirs up, the oldest first: who waits for ever goes before
 * who has just begun. Those that have less than half of what is usual for the peer come last.
 */
export function createByteBudget({ maxBytesPerConnection, maxBytes }: ByteLimits): ByteBudget {
  const accounts = new Map<ByteHolder, Account>();
  const connections = new WeakMap<object, { bytes: number }>();
  let total = 0;

  const open = (holder: ByteHolder): Account => {
    let connection = connections.get(holder.connection);
    if (connection === undefined) {
      connection = { bytes: 0 };
      connections.set(holder.connection, connection);
    }
    const account = { connection, bytes: 0, peer: undefined };
    accounts.set(holder, account);
    return account;
  };
  const release = (holder: ByteHolder): void => {
    const account = accounts.get(holder);
    if (account !== undefined) {
      accounts.delete(holder);
      account.connection.bytes -= account.bytes;
      total -= account.bytes;
    }
  };
  /** @param over absent: that of all connections */
  const makeRoom = (excess: number, over?: Account["connection"]): void => {
    let left = excess;
    for (const [holder, { bytes }] of byPeer(accounts, over)) {
      if (left <= 0) {
        return;
      }
      left -= bytes;
      release(holder);
      holder.giveUp();
    }
  };
  return {
    get heldBytes() {
      return total;
    },
    release,
    hold(holder, bytes) {
      const account = accounts.get(holder) ?? open(holder);
      const { connection } = account;
      const added = bytes - account.bytes;
      account.bytes = bytes;
      connection.bytes += added;
      total += added;
      if (connection.bytes > maxBytesPerConnection) {
        makeRoom(connection.bytes - maxBytesPerConnection * REST, connection);
      }
      if (total > maxBytes) {
        makeRoom(total - maxBytes * REST);
      }
    },
  };
}

/** List who holds something: the peer that has most first, and of each peer the oldest of those that have much. */
function byPeer(
  accounts: ReadonlyMap<ByteHolder, Account>,
  over: Account["connection"] | undefined,
): readonly (readonly [ByteHolder, Account])[] {
  const peers = new Map<string, { bytes: number; readonly held: (readonly [ByteHolder, Account])[] }>();
  for (const entry of accounts) {
    const [holder, account] = entry;
    if (account.bytes === 0 || (over !== undefined && account.connection !== over)) {
      continue;
    }
    account.peer ??= holder.peer;
    const peer = peers.get(account.peer) ?? { bytes: 0, held: [] };
    peers.set(account.peer, peer);
    peer.bytes += account.bytes;
    peer.held.push(entry);
  }
  return [...peers.values()]
    .toSorted((a, b) => b.bytes - a.bytes)
    .flatMap(({ bytes, held }) => {
      // A stream may rest for hours with nothing but its header: giving up those makes little room.
      const little = (bytes / held.length) * LITTLE;
      return [
        ...held.filter(([, account]) => account.bytes >= little),
        ...held.filter(([, account]) => account.bytes < little),
      ];
    });
}
