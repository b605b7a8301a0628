/** An ear at a channel. */
export interface Listener {
  /** Stop listening. */
  close(): Promise<void>;
}

/**
 * Carries short words between the servers on one store, to all who listen. A word may come late or, while the bus
 * is down, not at all; and whoever can use the database can say one too. So a word is a hint to look where the
 * truth is, or it proves by itself where it comes from.
 */
export interface Bus {
  /** Whether there may be others on it: where there are none, nobody will ever answer. */
  readonly hasOthers: boolean;
  /**
   * Listen on a channel.
   *
   * @param channel a name of at most 63 lower-case letters, digits and underscores
   * @param onWord called with each word; with an empty one whenever words may have been missed before
   */
  listen(channel: string, onWord: (word: string) => void): Listener;
  /**
   * Say a word of at most {@link MAX_WORD_BYTES}.
   *
   * @throws AuthError `AUTH_UNAVAILABLE` when the bus is down
   */
  say(channel: string, word: string): Promise<void>;
}

/** The longest word, in bytes: as much as Postgres carries. */
export const MAX_WORD_BYTES = 7_999;

/** The bus of a process that is alone on its store. */
export const SILENT_BUS: Bus = {
  hasOthers: false,
  listen: () => ({ close: () => Promise.resolve() }),
  say: () => Promise.resolve(),
};
