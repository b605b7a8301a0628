import type { BusTest, MessageBus, StoreQuery } from "@countersign/server";
import { SILENT_BUS } from "@countersign/server/internal";
import { type Dialect, Kysely, sql } from "kysely";
import { toClosable } from "./closable-dialect.ts";
import { describePooling } from "./describe-pooling.ts";
import { createGroupWriter, type Writer } from "./group-commit.ts";
import { assertMigrated, isMigrated, migrate } from "./migrations/migrate.ts";
import type { StoreDialect } from "./migrations/migration.ts";
import { createQueryLog } from "./observe-queries.ts";
import { openBus } from "./open-bus.ts";
import type { SharedFileSink } from "./private-path.ts";
import type { Schema } from "./schema.ts";
import type { StoreConnections } from "./server-pools.ts";
import { openSqlite, type SqliteOptions } from "./sqlite.ts";
import { createStoreErrors, toStoreError } from "./store-error.ts";
import { trackWrites, type WriteHealth } from "./write-health.ts";

/** Where the store is. */
export type StoreLocation =
  /**
   * The file of an embedded SQLite database. It is made when it is missing, and its folder too, for the owner alone.
   * Processes that share it may have a bus of their own; without one, they get no messages from each other.
   */
  | { readonly sqlite: string; readonly bus?: MessageBus }
  /** A Postgres database, as `postgres://user:password@host:port/name`. */
  | {
      /** With several hosts, the one that can be written is used. */
      readonly postgres: string;
      /**
       * The URL of the same database past a pooler, for messages between servers: a pooler that hands out connections by
       * transaction carries none. Default: `postgres`.
       */
      readonly listenUrl?: string | undefined;
      /** Carries messages between the servers beside LISTEN and NOTIFY, or in their place. Default: those alone do. */
      readonly bus?: MessageBus;
      /** How long one statement may take, in milliseconds. Default 10 s. Migrations take as long as they take. */
      readonly statementTimeoutMs?: number;
    };

/** What else is known of a store when it is opened. */
export interface StoreOptions {
  /**
   * Receives the reason why the database cannot be used, from time to time while it cannot. Default: only the callers
   * of queries learn of it.
   */
  readonly onOutage?: ((cause: unknown) => void) | undefined;
  /**
   * Whether to make the tables, and bring them up to date. False: they must be there, and nothing is changed. For a
   * server that is not the issuer. Default: true.
   */
  readonly migrate?: boolean;
  /** Receives why others can change a SQLite database, which is taken nevertheless. Default: that is an error. */
  readonly onShared?: SharedFileSink | undefined;
  /** Observes queries. It must not throw. Default: they are not measured. */
  readonly onQuery?: ((query: StoreQuery) => void) | undefined;
  /** Receives what is to be known where a pooler hands out connections by transaction. Default: it is not told. */
  readonly onPooler?: ((warning: string) => void) | undefined;
  /** Receives what came of the messages of the bus to itself, on Postgres. It must not throw. Default: nothing is told. */
  readonly onBusTest?: ((test: BusTest) => void) | undefined;
}

/** The store is one of Postgres, and the package that speaks to Postgres is not installed. */
export class PgMissingError extends Error {
  override readonly name = "PgMissingError";
}

/** The open store: accounts, sessions and keys. */
export interface Store extends AsyncDisposable {
  /** The tables. Only the files of `store/` write queries. */
  readonly db: Kysely<Schema>;
  /** Run one statement that writes, of many that may come at the same time. What it resolves to is on the disk. */
  readonly write: Writer;
  /** Which database it is, for the few places where that matters. */
  readonly dialect: StoreDialect;
  /** Knows whether it can be written. */
  readonly writes: WriteHealth;
  /** Carries messages between the servers on it. On SQLite, a single process has no other subscribers. */
  readonly bus: MessageBus;
  /**
   * Carries the hint that there are new revocations, behind their commit: the bus that was given. Postgres itself carries it to
   * those that listen there, with the commit.
   */
  readonly hintBus: MessageBus;
  /**
   * How often to look for what other servers announce, while their messages arrive, in milliseconds; undefined: they do not, as
   * far as is known.
   */
  notifiedPollMs(): number | undefined;
  /** Count its connections; undefined: it has no pool of them. */
  connections(): StoreConnections | undefined;
  /** Let go of the database, once the queries under way are done. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Open the store, and bring its tables up to date unless `migrate` is false.
 *
 * Whose the files of SQLite are, and of which release the tables, is looked at when they are opened. SQLite has one
 * connection, which ends with the store. Those of Postgres are opened again when they break, and the tables are not looked
 * at again: a newer program that changes them meanwhile leaves those of older ones usable (`minVersion`), or is
 * started when these have ended.
 *
 * From here on, every query rejects with an AuthError `AUTH_UNAVAILABLE` while the database cannot be used, and after the
 * end.
 *
 * @throws TypeError when the URL is not one of Postgres
 * @throws PgMissingError when package `pg` is missing, which a store of Postgres needs
 * @throws AuthError `AUTH_UNAVAILABLE` when the database cannot be reached; its cause says why
 * @throws Error when others can change the files of SQLite, or its tables are such that this version of Countersign cannot work with them
 */
export async function openDatabase(location: StoreLocation, options: StoreOptions = {}): Promise<Store> {
  const dialect = "postgres" in location ? "postgres" : "sqlite";
  const { onBusTest, onOutage, onPooler, onQuery, onShared } = options;
  const { toError, healthOf } = trackWrites(
    onOutage === undefined ? toStoreError : createStoreErrors(onOutage),
  );
  const create = options.migrate !== false;
  const opened = await openDialect(location, { toError, create, onShared, onBusTest, onPooler });
  const log = onQuery === undefined ? [] : createQueryLog(onQuery);
  const closable = toClosable(opened.dialect);
  const db = new Kysely<Schema>({ dialect: closable.dialect, log });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= Promise.all([opened.close(), closable.close()]).then(() => undefined);
    return closing;
  };
  try {
    if (options.migrate === false) {
      await assertMigrated(db, dialect);
    } else if (!(await isMigrated(db, dialect))) {
      await opened.migrate(db);
    }
  } catch (error) {
    await close();
    throw error;
  }
  // Postgres lets the commits of its connections share a wait by itself.
  const write: Writer = dialect === "sqlite" ? createGroupWriter(db) : (statement) => statement(db);
  const { bus, notifiedPollMs, connections } = opened;
  return {
    db,
    dialect,
    write,
    writes: healthOf(db),
    bus,
    hintBus: location.bus ?? SILENT_BUS,
    notifiedPollMs,
    connections,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/**
 * Ask the store for something small.
 *
 * @throws AuthError `AUTH_UNAVAILABLE` when it cannot be used
 */
export async function pingStore(store: Store): Promise<void> {
  await sql`select version from schema_versions limit 1`.execute(store.db);
}

interface OpenedDialect extends Pick<Store, "bus" | "connections" | "notifiedPollMs"> {
  readonly dialect: Dialect;
  /** Bring the tables up to date. */
  migrate(db: Kysely<Schema>): Promise<void>;
  /** Let go of what the dialect does not. */
  close(): Promise<void>;
}

type DialectOptions = Required<Pick<SqliteOptions, "create" | "toError">> &
  Pick<SqliteOptions, "onShared"> &
  Pick<StoreOptions, "onBusTest" | "onPooler">;

async function openDialect(location: StoreLocation, options: DialectOptions): Promise<OpenedDialect> {
  if ("postgres" in location) {
    return openPostgresDialect(location, options);
  }
  const { sqlite: file, bus = SILENT_BUS } = location;
  return {
    dialect: await openSqlite(file, options),
    bus,
    // A look into a file costs next to nothing.
    notifiedPollMs: () => undefined,
    connections: () => undefined,
    migrate: (db) => migrate(db, "sqlite"),
    close: () => Promise.resolve(),
  };
}

async function openPostgresDialect(
  location: Extract<StoreLocation, { readonly postgres: string }>,
  { toError, onBusTest, onPooler = () => undefined }: DialectOptions,
): Promise<OpenedDialect> {
  const { postgres: url, listenUrl = url, statementTimeoutMs, bus } = location;
  if (![url, listenUrl].every((text) => /^postgres(ql)?:\/\//.test(text))) {
    throw new TypeError("the URL of a database must begin with postgres://");
  }
  const { openPostgres, createNotifyBus, findPooling } = await loadPostgres();
  const pooling = await findPooling(url).catch((error: unknown) => {
    // The caller is told, who does not begin at all: it is no outage of a store that is open.
    throw toStoreError(error);
  });
  const { isPooled, carriesNames: areNamed } = pooling;
  for (const warning of describePooling(pooling, location)) {
    onPooler(warning);
  }
  const opened = openBus({
    given: bus,
    createOwn: () => createNotifyBus(listenUrl, { onTested: onBusTest }),
    onTested: onBusTest,
  });
  const pools = openPostgres(url, { statementTimeoutMs, isPooled, areNamed, toError });
  return {
    dialect: pools.dialect,
    connections: () => pools.connections(),
    bus: opened.bus,
    notifiedPollMs: () => opened.notifiedPollMs(),
    async migrate() {
      // A large table takes long, and so does the server that has come first: over a connection that waits for either.
      const patient = openPostgres(url, { statementTimeoutMs: 0, isPooled, areNamed: false });
      await using db = new Kysely<Schema>({ dialect: patient.dialect });
      await migrate(db, "postgres");
    },
    close: () => opened.close(),
  };
}

/** Load what speaks to Postgres, only when it is asked for: an installation without `pg` can use SQLite. */
async function loadPostgres() {
  try {
    const [{ openPostgres }, { createNotifyBus }, { findPooling }] = await Promise.all([
      import("./postgres.ts"),
      import("./notify-bus.ts"),
      import("./find-pooling.ts"),
    ]);
    return { openPostgres, createNotifyBus, findPooling };
  } catch (cause) {
    if (cause instanceof Error && /^Cannot find package 'pg'/.test(cause.message)) {
      throw new PgMissingError("a Postgres store needs the package pg: npm install pg", { cause });
    }
    throw cause;
  }
}
