/** What kind of thing happened to the session. */
export type ActivityKind =
  | "signed_in"
  | "refreshed"
  | "degraded"
  | "recovered"
  | "signed_out"
  | "resumed"
  | "cut"
  | "restored";

/** One line of the activity log. */
export interface ActivityEntry {
  /** Grows by one with every entry. */
  readonly id: number;
  readonly kind: ActivityKind;
  /** A sentence for people. */
  readonly text: string;
  /** How often it happened in a row. */
  readonly times: number;
  /** When it happened last, in milliseconds since 1970. */
  readonly atMs: number;
}

/** What happened to the session, newest first, in the shape of React's `useSyncExternalStore`. */
export interface ActivityLog {
  /** Add an entry. */
  readonly add: (kind: ActivityKind, text: string) => void;
  /** Forget everything, as for the next account. */
  readonly clear: () => void;
  /** Call a listener after every change. @returns what ends the calls */
  readonly subscribe: (listener: () => void) => () => void;
  /** The entries, newest first; the same array until something changes. */
  readonly getSnapshot: () => readonly ActivityEntry[];
}

/** How many entries are kept: what a person would scroll through. */
const KEPT_ENTRIES = 40;
/** What happens again this soon is one entry: of tokens that live for seconds no reader wants every one. */
const REPEATED_WITHIN_MS = 30_000;

/**
 * Create an empty log.
 *
 * @param nowMs the clock, in milliseconds since 1970
 */
export function createActivityLog(nowMs: () => number): ActivityLog {
  const listeners = new Set<() => void>();
  let entries: readonly ActivityEntry[] = [];
  let nextId = 1;
  const set = (next: readonly ActivityEntry[]): void => {
    entries = next;
    for (const listener of listeners) {
      listener();
    }
  };
  return {
    add: (kind, text) => {
      const atMs = nowMs();
      const [last, ...older] = entries;
      const isRepeated = last?.kind === kind && atMs - last.atMs < REPEATED_WITHIN_MS;
      if (isRepeated) {
        return set([{ ...last, text, atMs, times: last.times + 1 }, ...older]);
      }
      set([{ id: nextId++, kind, text, times: 1, atMs }, ...entries].slice(0, KEPT_ENTRIES));
    },
    clear: () => set([]),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => entries,
  };
}
