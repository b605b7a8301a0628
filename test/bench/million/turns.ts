/** Finds the longest turn of the event loop. */
interface LongestTurn {
  /** Stop. @returns how long it took the processor, in milliseconds: beside other processes, the clock shows their turns, too */
  end(): number;
}

/** Watch the turns of the event loop from now on. */
function watchTurns(): LongestTurn {
  let longest = 0;
  let before = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1_000);
    before = process.threadCpuUsage();
  };
  const timer = setInterval(look, 1);
  return {
    end() {
      look();
      clearInterval(timer);
      return longest;
    },
  };
}

/** Say how much memory is held behind a collection of garbage, in bytes. */
function heldBytes(): number {
  globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** What something took. */
export interface Taken {
  readonly ms: number;
  /** The processor time of the process: on a busy machine, what says how long it would take on a quiet one. */
  readonly cpuMs: number;
  /** What the heap, and what is held outside of it, has grown by. */
  readonly bytes: number;
  readonly longestTurnMs: number;
}

/** Begins to measure. @returns what ends that */
export function beginTaking(): () => Taken {
  const before = heldBytes();
  const turns = watchTurns();
  const startMs = performance.now();
  const cpuBefore = process.cpuUsage();
  return () => {
    const ms = performance.now() - startMs;
    const { user, system } = process.cpuUsage(cpuBefore);
    const longestTurnMs = turns.end();
    return { ms, cpuMs: (user + system) / 1_000, longestTurnMs, bytes: Math.max(heldBytes() - before, 1) };
  };
}
