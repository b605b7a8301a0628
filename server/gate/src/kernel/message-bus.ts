/** A subscription to a channel. */
export interface Subscription {
  /** End it. */
  close(): Promise<void>;
}

/**
 * Carries short messages between the servers on one store, to all subscribers of a channel. A message may come late or,
 * while the bus is down, not at all; and a program that can use the database can publish one too. So a message is a hint
 * to look where the truth is, or it proves by itself where it comes from.
 */
export interface MessageBus {
  /** Whether there may be other servers on it: where there are none, a request gets no response. */
  readonly hasOthers: boolean;
  /**
   * Whether it reaches every server on the store, also the one that publishes. On Postgres, it then takes the place of LISTEN
   * and NOTIFY, and otherwise carries messages beside them. Default: false.
   */
  readonly reachesAllServers?: boolean;
  /**
   * Subscribe to a channel.
   *
   * @param channel a name of at most 63 lower-case letters, digits and underscores
   * @param onMessage called with each message; with an empty one whenever messages may have been missed before
   */
  subscribe(channel: string, onMessage: (message: string) => void): Subscription;
  /**
   * Publish a message of at most {@link MAX_BUS_MESSAGE_BYTES}.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the bus is down
   */
  publish(channel: string, message: string): Promise<void>;
  /**
   * Look up whether another process, or this one, subscribes to a channel. A request to a process that is gone is then
   * answered at once. Absent, and undefined: that cannot be known just now.
   */
  hasSubscriber?(channel: string): Promise<boolean | undefined>;
  /**
   * Count the processes that subscribe to a channel, also this one. A request to all of them then waits no longer than until
   * each has answered. Absent, and undefined: that cannot be known just now.
   */
  countSubscribers?(channel: string): Promise<number | undefined>;
}

/** The longest message, in bytes: as much as Postgres carries. */
export const MAX_BUS_MESSAGE_BYTES = 7_999;

/** The bus of a process that is alone on its store. */
export const SILENT_BUS: MessageBus = {
  hasOthers: false,
  subscribe: () => ({ close: () => Promise.resolve() }),
  publish: () => Promise.resolve(),
  hasSubscriber: () => Promise.resolve(false),
};
