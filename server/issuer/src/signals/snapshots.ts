import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { SubjectForm } from "./signal-log.ts";

/** How far a watcher is with the snapshot that it needs. */
export interface SnapshotReader {
  /** `waiting`: its turn is yet to come; `done`: it has all of it. */
  readonly state: "waiting" | "reading" | "done";
  /** The position in the log from which to go on behind it. Asked for when it is done. */
  readonly position: number;
  /** The next page; undefined while it waits, and when it is done. */
  next(): WatchResponse | undefined;
  /** Let the next one have the turn: it has all of it, or does not want it any more. */
  leave(): void;
}

/** Everything that is revoked, page by page. */
export interface SnapshotSource {
  /** The position in the log up to which all is in it. */
  readonly position: number;
  /** Gives the pages, each once. */
  readonly pages: Iterator<WatchResponse>;
}

/** Snapshots for the watchers that need one: so many at a time, and each is built once for all that read it together. */
export interface Snapshots {
  /** Ask for one. @param onTurn called when its turn comes, later than this */
  join(form: SubjectForm, onTurn: () => void): SnapshotReader;
  /** How many were built. */
  readonly built: number;
}

/** What {@link createSnapshots} needs. */
export interface SnapshotsOptions {
  /** How many watchers read one at a time. */
  readonly maxReaders: number;
  /** Begin one. */
  readonly begin: (form: SubjectForm) => SnapshotSource;
  /** Check whether what came behind a position can still be read. */
  readonly isInLog: (position: number) => boolean;
}

/** A snapshot that is being read. */
interface Shared {
  readonly source: SnapshotSource;
  readonly pages: WatchResponse[];
  isComplete: boolean;
  readers: number;
}

/** Create the keeper of snapshots. */
export function createSnapshots({ maxReaders, begin, isInLog }: SnapshotsOptions): Snapshots {
  const current = new Map<SubjectForm, Shared>();
  const waiting = new Set<() => void>();
  let reading = 0;
  let built = 0;
  const share = (form: SubjectForm): Shared => {
    const known = current.get(form);
    if (known !== undefined && isInLog(known.source.position)) {
      return known;
    }
    const shared = { source: begin(form), pages: [], isComplete: false, readers: 0 };
    current.set(form, shared);
    built += 1;
    return shared;
  };
  const release = (form: SubjectForm, shared: Shared): void => {
    shared.readers -= 1;
    if (shared.readers === 0 && current.get(form) === shared) {
      current.delete(form);
    }
    reading -= 1;
    const [next] = waiting;
    next?.();
  };
  return {
    join(form, onTurn) {
      let shared: Shared | undefined;
      let state: SnapshotReader["state"] = "waiting";
      let position = 0;
      let page = 0;
      const start = (): void => {
        waiting.delete(startLater);
        reading += 1;
        state = "reading";
        shared = share(form);
        shared.readers += 1;
        ({ position } = shared.source);
      };
      const startLater = (): void => {
        start();
        onTurn();
      };
      const leave = (): void => {
        state = "done";
        waiting.delete(startLater);
        if (shared !== undefined) {
          release(form, shared);
          shared = undefined;
        }
      };
      if (reading < maxReaders && waiting.size === 0) {
        start();
      } else {
        waiting.add(startLater);
      }
      return {
        get state() {
          return state;
        },
        get position() {
          return position;
        },
        next() {
          if (shared === undefined) {
            return undefined;
          }
          const found = pageAt(shared, page);
          page += 1;
          if (found === undefined) {
            leave();
          }
          return found;
        },
        leave,
      };
    },
    get built() {
      return built;
    },
  };
}

/** Build a page when the first reader comes to it. */
function pageAt(shared: Shared, index: number): WatchResponse | undefined {
  if (index >= shared.pages.length && !shared.isComplete) {
    const { value, done } = shared.source.pages.next();
    if (done === true) {
      shared.isComplete = true;
    } else {
      shared.pages.push(value);
    }
  }
  return shared.pages[index];
}
