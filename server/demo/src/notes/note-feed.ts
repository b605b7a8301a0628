import { systemClock } from "@countersign/server";

/** Notifies its watchers that there are new events. The events themselves are in the store. */
export interface NoteFeed {
  /** Begin to watch one owner's events. `changed` resolves for every event from here on. */
  watch(owner: string): NoteWatch;
  /** Wake those who watch this owner: its events in the store are more than before. */
  announce(owner: string): void;
}

/** One watcher of one owner's events. */
export interface NoteWatch {
  /** Resolve as soon as there may be events since the last call of this method, or when the signal is aborted. */
  changed(signal: AbortSignal): Promise<void>;
  /** Stop watching. */
  close(): void;
}

/** What a feed needs. */
export interface NoteFeedOptions {
  /** Read the last sequence of each of these owners. */
  readonly latestSequences: (owners: readonly string[]) => Promise<ReadonlyMap<string, number>>;
  /**
   * How often the store is asked for writes of other processes while there are watchers, in milliseconds. Default
   * 1,000.
   */
  readonly pollIntervalMs?: number;
}

const DEFAULT_POLL_INTERVAL_MS = 1_000;
/** Stays below the limits on parameters of both databases. */
const OWNERS_PER_POLL = 500;

interface WatchedOwner {
  readonly wakers: Set<() => void>;
  lastSequence: number | undefined;
}

/** Create the feed of one process. Writes of this process wake at once, those of others at the next poll. */
export function createNoteFeed({
  latestSequences,
  pollIntervalMs = DEFAULT_POLL_INTERVAL_MS,
}: NoteFeedOptions): NoteFeed {
  const watched = new Map<string, WatchedOwner>();
  let isScheduled = false;

  const poll = async (): Promise<void> => {
    const owners = [...watched.keys()];
    for (let at = 0; at < owners.length; at += OWNERS_PER_POLL) {
      const asked = owners.slice(at, at + OWNERS_PER_POLL);
      const latest = await latestSequences(asked);
      for (const owner of asked) {
        wakeWhenMoved(watched.get(owner), latest.get(owner) ?? 0);
      }
    }
  };
  const pollAgain = async (): Promise<void> => {
    // A poll that fails is made up for by the next one; the watchers' own reads report the outage to callers.
    await poll().catch(() => undefined);
    isScheduled = false;
    if (watched.size > 0) {
      schedule();
    }
  };
  const schedule = (): void => {
    if (isScheduled) {
      return;
    }
    isScheduled = true;
    systemClock.schedule(() => void pollAgain(), pollIntervalMs);
  };

  return {
    watch(owner) {
      const entry = watched.get(owner) ?? { wakers: new Set(), lastSequence: undefined };
      watched.set(owner, entry);
      schedule();
      return createWatch(entry.wakers, () => {
        if (entry.wakers.size === 0 && watched.get(owner) === entry) {
          watched.delete(owner);
        }
      });
    },
    announce(owner) {
      for (const wake of watched.get(owner)?.wakers ?? []) {
        wake();
      }
    },
  };
}

/** Wake also at the first poll: an event may have come between the watcher's first read and that poll. */
function wakeWhenMoved(entry: WatchedOwner | undefined, sequence: number): void {
  if (entry === undefined || entry.lastSequence === sequence) {
    return;
  }
  entry.lastSequence = sequence;
  for (const wake of entry.wakers) {
    wake();
  }
}

function createWatch(wakers: Set<() => void>, onClose: () => void): NoteWatch {
  let hasChanged = false;
  let resume: () => void = () => undefined;
  const wake = (): void => {
    hasChanged = true;
    resume();
  };
  wakers.add(wake);
  return {
    async changed(signal) {
      if (!hasChanged && !signal.aborted) {
        await untilCalled(signal, (call) => (resume = call));
      }
      hasChanged = false;
    },
    close() {
      wakers.delete(wake);
      onClose();
    },
  };
}

async function untilCalled(signal: AbortSignal, give: (call: () => void) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const call = (): void => resolve();
  give(call);
  signal.addEventListener("abort", call);
  await promise;
  // A stream may wait millions of times on one signal.
  signal.removeEventListener("abort", call);
}
