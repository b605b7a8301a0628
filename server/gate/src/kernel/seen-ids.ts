/** Remembers which messages were read. */
export interface SeenIds {
  /** Take in the id of a message. @returns false when it was there, or there is no room for it */
  add(id: string, nowMs: number): boolean;
}

/** How many are remembered. Only genuine ones are, so that it takes the servers themselves to reach it. */
const MAX_SEEN = 100_000;

/** Create an empty memory. @param keepMs for how long a message could be used again, in milliseconds */
export function createSeenIds(keepMs: number): SeenIds {
  const untilMs = new Map<string, number>();
  return {
    add(id, nowMs) {
      for (const [oldest, endMs] of untilMs) {
        if (endMs > nowMs) {
          break;
        }
        untilMs.delete(oldest);
      }
      if (untilMs.has(id) || untilMs.size >= MAX_SEEN) {
        return false;
      }
      untilMs.set(id, nowMs + keepMs);
      return true;
    },
  };
}
