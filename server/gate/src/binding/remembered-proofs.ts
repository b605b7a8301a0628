/** Remembers which proofs were taken. */
export interface RememberedProofs {
  /** Take one in. @returns what it was: new, one that is there already, or one for which there is no room */
  add(id: string): "new" | "known" | "full";
}

/** What {@link createRememberedProofs} needs. */
export interface RememberedProofsOptions {
  /** For how long a proof may be used, in milliseconds: it is remembered for that long, and for half of that again at most. */
  readonly lifeMs: number;
  /** How many are remembered at the most: beyond it none is new. */
  readonly maxProofs: number;
  /** Reads the time that has passed: a clock that is set must not make it forget. */
  readonly monotonicMs: () => number;
}

/** A generation takes proofs for half of their life, and is dropped when the last of them has ended: a third one later. */
const GENERATIONS = 3;

/**
 * Create an empty memory. It has three sets of ids by the time that they came, and drops the oldest as a whole: so an id
 * takes no time of its own to be forgotten, and no room beside that of its text.
 */
export function createRememberedProofs(options: RememberedProofsOptions): RememberedProofs {
  const { lifeMs, maxProofs, monotonicMs } = options;
  const stepMs = lifeMs / (GENERATIONS - 1);
  let [newest, older, oldest] = [new Set<string>(), new Set<string>(), new Set<string>()];
  let nextAtMs = monotonicMs() + stepMs;

  const forget = (nowMs: number): void => {
    for (let turns = 0; turns < GENERATIONS && nextAtMs <= nowMs; turns += 1) {
      [newest, older, oldest] = [new Set(), newest, older];
      nextAtMs += stepMs;
    }
    // After a rest that was longer than all of them nothing is left, and the next step begins now.
    nextAtMs = nextAtMs <= nowMs ? nowMs + stepMs : nextAtMs;
  };
  return {
    add(id) {
      forget(monotonicMs());
      if (newest.has(id) || older.has(id) || oldest.has(id)) {
        return "known";
      }
      if (newest.size + older.size + oldest.size >= maxProofs) {
        return "full";
      }
      newest.add(id);
      return "new";
    },
  };
}
