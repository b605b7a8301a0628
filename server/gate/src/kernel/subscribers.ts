/** Takes the messages of a channel. */
export type Subscriber = (message: string) => void;

/** The subscribers of each channel of a bus. */
export interface Subscribers {
  /** The channels that have subscribers. */
  channels(): Iterable<string>;
  /** Hand a message to all subscribers of a channel. */
  readonly notify: (channel: string, message: string) => void;
  /** Add a subscriber. @returns whether it is the first on its channel */
  add(channel: string, subscriber: Subscriber): boolean;
  /** Remove a subscriber; one that is removed already stays so. @returns whether it was the last on its channel */
  remove(channel: string, subscriber: Subscriber): boolean;
}

/** Create the list of subscribers, without any. */
export function createSubscribers(): Subscribers {
  const byChannel = new Map<string, Set<Subscriber>>();
  return {
    channels: () => byChannel.keys(),
    notify(channel, message) {
      for (const subscriber of byChannel.get(channel) ?? []) {
        subscriber(message);
      }
    },
    add(channel, subscriber) {
      const known = byChannel.get(channel);
      byChannel.set(channel, (known ?? new Set()).add(subscriber));
      return known === undefined;
    },
    remove(channel, subscriber) {
      const left = byChannel.get(channel);
      const isLast = left?.delete(subscriber) === true && left.size === 0;
      if (isLast) {
        byChannel.delete(channel);
      }
      return isLast;
    },
  };
}
