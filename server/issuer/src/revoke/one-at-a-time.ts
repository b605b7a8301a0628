/** Work that is done when it is asked for. */
export interface Asked {
  /** Have the work done from its beginning, now or as soon as what is under way is done. */
  ask(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Do work whenever asked, once at a time. Who asks during it gets it done again: it may have looked too early. */
export function oneAtATime(work: () => Promise<void>): Asked {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async (): Promise<void> => {
    while (isWanted) {
      isWanted = false;
      await work();
    }
    running = undefined;
  };
  return {
    ask() {
      isWanted = true;
      running ??= run();
    },
    idle: () => running ?? Promise.resolve(),
  };
}
