import type { Clock } from "@countersign/server";
import {
  assertOptions,
  NUMBER,
  OBJECT,
  type OptionForm,
  resolveClock,
  SWITCH,
  systemClock,
  TEXT,
} from "@countersign/server/internal";
import { openDatabase, type Store, type StoreLocation } from "../store/database.ts";
import { createStoreClock } from "../store/store-clock.ts";

/** Where revocations are written and read, and the time that they go by. */
export interface RevocationSource {
  readonly store: Store;
  readonly clock: Clock;
}

/** Relaxations of `createRevocations`. */
export interface InsecureRevocationsOptions {
  /** Take a SQLite database that other users can change or rename: they can undo revocations. Default false: it is refused. */
  readonly sharedFiles?: boolean;
}

/** How the source is given. */
export interface RevocationSourceOptions {
  readonly store?: Store;
  readonly database?: StoreLocation;
  readonly insecure?: InsecureRevocationsOptions | undefined;
  readonly clock?: Clock;
  readonly onError?: (error: unknown) => void;
}

/** A source that is opened when it is needed. */
export interface OpenableSource {
  /** The time: what is there before the source is open counts until then. */
  readonly clock: Clock;
  /** Open it, if it is not open. @throws AuthError `AUTH_UNAVAILABLE`; Error when its tables are none to work with */
  open(): Promise<RevocationSource>;
  /** Close what {@link open} has opened. */
  close(): Promise<void>;
}

const INSECURE_FORMS: Readonly<Record<keyof InsecureRevocationsOptions, OptionForm>> = {
  sharedFiles: SWITCH,
};
const DATABASE_FORMS = {
  sqlite: TEXT,
  postgres: TEXT,
  listenUrl: TEXT,
  bus: OBJECT,
  statementTimeoutMs: NUMBER,
};

/**
 * Resolve where revocations are.
 *
 * @throws TypeError when it is not given in exactly one way, or something in the options is misspelt
 */
export function resolveRevocationSource(options: RevocationSourceOptions): OpenableSource {
  const { store, database, insecure = {} } = options;
  const clock = resolveClock(options.clock);
  assertOptions("option insecure of createRevocations", insecure, INSECURE_FORMS);
  assertOptions("option database of createRevocations", database ?? {}, DATABASE_FORMS);
  if (database !== undefined && store === undefined) {
    return openLater(database, options);
  }
  if (store === undefined || database !== undefined) {
    throw new TypeError("revocations need exactly one of store and database");
  }
  return { clock, open: () => Promise.resolve({ store, clock }), close: () => Promise.resolve() };
}

function openLater(
  database: StoreLocation,
  { clock, onError, insecure }: RevocationSourceOptions,
): OpenableSource {
  let opening: Promise<RevocationSource> | undefined;
  let now: Clock = clock ?? systemClock;
  let resources = new AsyncDisposableStack();
  const open = async (): Promise<RevocationSource> => {
    await using opened = new AsyncDisposableStack();
    const onShared = insecure?.sharedFiles === true ? () => undefined : undefined;
    const store = opened.use(await openDatabase(database, { migrate: false, onShared }));
    if (clock === undefined) {
      // All servers on a Postgres go by its clock.
      const storeClock = createStoreClock({ store, machine: systemClock, onError });
      opened.defer(() => storeClock.close());
      await storeClock.start();
      now = storeClock;
    }
    resources = opened.move();
    return { store, clock: now };
  };
  return {
    clock: {
      nowMs: () => now.nowMs(),
      monotonicMs: () => now.monotonicMs(),
      schedule: (run, delayMs, how) => now.schedule(run, delayMs, how),
    },
    open() {
      opening ??= open().catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opening;
    },
    async close() {
      // What is being opened is closed, too.
      await opening?.catch(() => undefined);
      await resources.disposeAsync();
    },
  };
}
