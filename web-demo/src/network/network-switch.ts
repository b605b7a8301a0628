/** The page's way to the network, with a switch in it. */
export interface NetworkSwitch {
  /** Like the browser's own `fetch` while the network is there. */
  readonly fetch: typeof fetch;
  /** Break every request that is under way, open streams too, and let none through, as in a dead spot. */
  readonly cut: () => void;
  /** Let requests through again, also those that were made meanwhile and have not been given up. */
  readonly restore: () => void;
  /** Call a listener when it is cut or restored. @returns what ends the calls */
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether it is cut now. */
  readonly getSnapshot: () => boolean;
}

/**
 * Put a switch into a `fetch`.
 *
 * What breaks looks like what browsers make of a lost network: a TypeError without details.
 */
export function createNetworkSwitch(realFetch: typeof fetch): NetworkSwitch {
  const listeners = new Set<() => void>();
  let line = new AbortController();
  let gate: PromiseWithResolvers<void> | undefined;
  const changed = (): void => {
    for (const listener of listeners) {
      listener();
    }
  };
  return {
    fetch: async (input, init) => {
      const own = init?.signal ?? undefined;
      if (gate !== undefined) {
        await untilOpen(gate.promise, own);
      }
      const signal = own === undefined ? line.signal : AbortSignal.any([own, line.signal]);
      return realFetch(input, { ...init, signal });
    },
    cut: () => {
      gate ??= Promise.withResolvers();
      line.abort(new TypeError("Failed to fetch"));
      changed();
    },
    restore: () => {
      if (gate === undefined) {
        return;
      }
      line = new AbortController();
      gate.resolve();
      gate = undefined;
      changed();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => gate !== undefined,
  };
}

/** Wait for the network, unless the caller gives up before. */
function untilOpen(open: Promise<void>, own: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => reject(own?.reason);
    if (own?.aborted === true) {
      return giveUp();
    }
    own?.addEventListener("abort", giveUp, { once: true });
    void open.then(() => {
      own?.removeEventListener("abort", giveUp);
      resolve();
    });
  });
}
