/** The page's way to the network, with a switch in it. */
export interface NetworkSwitch {
  /** Like the browser's own `fetch` while the network is there. */
  readonly fetch: typeof fetch;
  /** Fail every request that is under way, open streams too, and every one after, as a lost network does. */
  readonly cut: () => void;
  /** Let requests through again. */
  readonly restore: () => void;
  /** Be told when it is cut or restored; returns how to stop it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** Whether it is cut now. */
  readonly getSnapshot: () => boolean;
}

/**
 * Put a switch into a `fetch`.
 *
 * What fails looks like what browsers make of a lost network: a TypeError without details.
 */
export function createNetworkSwitch(realFetch: typeof fetch): NetworkSwitch {
  const listeners = new Set<() => void>();
  let line = new AbortController();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    fetch: async (input, init) => {
      const own = init?.signal;
      const signal = own ? AbortSignal.any([own, line.signal]) : line.signal;
      // A signal that has aborted fails a request before anything of it is sent.
      return realFetch(input, { ...init, signal });
    },
    cut: () => {
      line.abort(new TypeError("Failed to fetch"));
      changed();
    },
    restore: () => {
      if (!line.signal.aborted) return;
      line = new AbortController();
      changed();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => line.signal.aborted,
  };
}
