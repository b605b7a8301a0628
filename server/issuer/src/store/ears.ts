/** Hears the words of a channel. */
export type Ear = (word: string) => void;

/** Who listens on which channel of a bus. */
export interface Ears {
  /** The channels on which somebody listens. */
  channels(): Iterable<string>;
  /** Let all who listen on a channel hear a word. */
  readonly hear: (channel: string, word: string) => void;
  /** Add an ear. @returns whether it is the first on its channel */
  add(channel: string, ear: Ear): boolean;
  /** Take an ear away; one that is gone already stays gone. @returns whether it was the last on its channel */
  remove(channel: string, ear: Ear): boolean;
}

/** Keep who listens on which channel. */
export function createEars(): Ears {
  const byChannel = new Map<string, Set<Ear>>();
  return {
    channels: () => byChannel.keys(),
    hear(channel, word) {
      for (const ear of byChannel.get(channel) ?? []) ear(word);
    },
    add(channel, ear) {
      const known = byChannel.get(channel);
      byChannel.set(channel, (known ?? new Set()).add(ear));
      return known === undefined;
    },
    remove(channel, ear) {
      const left = byChannel.get(channel);
      const isLast = left?.delete(ear) === true && left.size === 0;
      if (isLast) byChannel.delete(channel);
      return isLast;
    },
  };
}
