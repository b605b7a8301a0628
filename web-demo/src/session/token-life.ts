/** How long the viewer wants access tokens to last: kept over reloads, and the same in every tab. */
export interface TokenLife {
  /** Ask for this many milliseconds; undefined: as long as the server likes. */
  readonly choose: (lifeMs: number | undefined) => void;
  /** Call a listener when it changes in this tab. @returns what ends the calls */
  readonly subscribe: (listener: () => void) => () => void;
  /** What was chosen last, in any tab. */
  readonly getSnapshot: () => number | undefined;
}

const KEY = "countersign-demo.token-life-ms";
/** What the server takes, see `SignInRequest.max_access_token_ttl`. */
const SHORTEST_MS = 2_000;

/** Create the choice over the storage that all tabs share. */
export function createTokenLife(storage: Pick<Storage, "getItem" | "setItem" | "removeItem">): TokenLife {
  const listeners = new Set<() => void>();
  return {
    choose: (lifeMs) => {
      if (lifeMs === undefined) {
        storage.removeItem(KEY);
      } else {
        storage.setItem(KEY, String(lifeMs));
      }
      for (const listener of listeners) {
        listener();
      }
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => {
      const lifeMs = Number(storage.getItem(KEY) ?? Number.NaN);
      return lifeMs >= SHORTEST_MS ? lifeMs : undefined;
    },
  };
}
