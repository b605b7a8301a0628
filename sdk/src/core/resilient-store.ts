import { pauseMs } from "./backoff.ts";
import type { Cancel, Clock } from "./clock.ts";
import type { CommitResult, SessionStore, StoreEntry } from "./store.ts";

/** What {@link createResilientStore} needs. */
export interface ResilientStoreOptions {
  readonly store: SessionStore;
  readonly clock: Clock;
  /** Told of a failure of the store, and with `undefined` that it works again. */
  readonly onHealth: (error: unknown) => void;
}

/**
 * Wrap a store so that it never rejects: while the inner one fails, entries live in memory, and what was
 * written there is written down as soon as it works again.
 */
export function createResilientStore({ store, clock, onHealth }: ResilientStoreOptions): SessionStore {
  let mirror: StoreEntry | undefined;
  let unwritten: { base: string | undefined } | undefined;
  let failures = 0;
  let retryAtMs = 0;
  let cancel: Cancel | undefined;

  function fail(error: unknown): void {
    failures += 1;
    retryAtMs = clock.monotonicMs() + pauseMs(failures);
    onHealth(error);
    cancel?.();
    cancel = clock.schedule(() => void flush(), pauseMs(failures));
  }

  function succeed(): void {
    if (failures === 0) return;
    failures = 0;
    cancel?.();
    onHealth(undefined);
  }

  /** Write down what only memory holds. Answers whether the inner store can be used. */
  async function flush(): Promise<boolean> {
    if (unwritten === undefined || mirror === undefined) return true;
    if (clock.monotonicMs() < retryAtMs) return false;
    try {
      mirror = await settle(store, mirror, unwritten.base);
      unwritten = undefined;
      succeed();
      return true;
    } catch (error) {
      fail(error);
      return false;
    }
  }

  return {
    async read() {
      if (!(await flush())) return mirror;
      try {
        mirror = await store.read();
        succeed();
      } catch (error) {
        fail(error);
      }
      return mirror;
    },
    async compareAndSet(expected, next): Promise<CommitResult> {
      const usable = await flush();
      try {
        if (usable) {
          const result = await store.compareAndSet(expected, next);
          mirror = result.kind === "committed" ? next : result.current;
          succeed();
          return result;
        }
      } catch (error) {
        fail(error);
      }
      if (mirror?.revision !== expected) return { kind: "conflict", current: mirror };
      mirror = next;
      unwritten ??= { base: expected };
      return { kind: "committed" };
    },
    close() {
      cancel?.();
      return store.close?.();
    },
  };
}

/** Bring memory and store together after an outage. Answers the entry that is in force now. */
async function settle(store: SessionStore, ours: StoreEntry, base: string | undefined): Promise<StoreEntry> {
  const first = await store.compareAndSet(base, ours);
  if (first.kind === "committed") return ours;
  if (first.current !== undefined && !isNewer(ours, first.current)) return first.current;
  const second = await store.compareAndSet(first.current?.revision, ours);
  return second.kind === "committed" ? ours : (second.current ?? ours);
}

function isNewer(ours: StoreEntry, theirs: StoreEntry): boolean {
  if (ours.revision === theirs.revision) return false;
  if (ours.sessionId === theirs.sessionId) {
    return theirs.kind === "signed_in" && (ours.kind === "signed_out" || ours.generation > theirs.generation);
  }
  if (ours.kind === "signed_out") return false;
  return theirs.kind === "signed_out" || ours.startedAtMs > theirs.startedAtMs;
}
