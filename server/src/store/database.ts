import { type Dialect, Kysely } from "kysely";
import { createGroupWriter, type Writer } from "./group-commit.ts";
import { migrate } from "./migrations/migrate.ts";
import type { StoreDialect } from "./migrations/migration.ts";
import type { Listener } from "./postgres-listener.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite.ts";

/** Where the store is. */
export type StoreLocation =
  /** The directory of an embedded SQLite database. It is made when it is missing, for the owner alone. */
  | { readonly dataDir: string }
  /** A Postgres database, as `postgres://user:password@host:port/name`. */
  | { readonly url: string };

/** The open store: accounts, sessions, keys and notes. */
export interface Store extends AsyncDisposable {
  /** The tables. Only the files of `store/` write queries. */
  readonly db: Kysely<Schema>;
  /** Run one statement that writes, of many that may come at the same time. What it resolves to is on the disk. */
  readonly write: Writer;
  /** Which database it is, for the few places where that matters. */
  readonly dialect: StoreDialect;
  /**
   * Be told that another server has sent word on a channel. Only a hint to look: it may come late, twice or, while
   * the database cannot be reached, not at all. SQLite has no channels and never calls.
   *
   * @param channel a name of lower-case letters and underscores
   */
  listen(channel: string, onNotified: () => void): Listener;
  /** Let go of the database, once the queries under way are done. A second call does nothing. */
  close(): Promise<void>;
}

/**
 * Open the store and bring its tables up to date.
 *
 * From here on, every query rejects with an AuthError `AUTH_UNAVAILABLE` while the database cannot be used.
 *
 * @throws TypeError when the URL is not one of Postgres
 * @throws AuthError `AUTH_UNAVAILABLE` when the database cannot be reached; its cause says why
 * @throws Error when the database was made by a newer version of Countersign
 */
export async function openDatabase(location: StoreLocation): Promise<Store> {
  const dialect = "url" in location ? "postgres" : "sqlite";
  const opened = await openDialect(location);
  const db = new Kysely<Schema>({ dialect: opened.dialect });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= db.destroy();
    return closing;
  };
  try {
    await migrate(db, dialect);
  } catch (error) {
    await close();
    throw error;
  }
  // Postgres lets the commits of its connections share a wait by itself.
  const write: Writer = dialect === "sqlite" ? createGroupWriter(db) : (statement) => statement(db);
  return { db, dialect, write, listen: opened.listen, close, [Symbol.asyncDispose]: close };
}

interface OpenedDialect extends Pick<Store, "listen"> {
  readonly dialect: Dialect;
}

async function openDialect(location: StoreLocation): Promise<OpenedDialect> {
  if (!("url" in location)) {
    return { dialect: openSqlite(location.dataDir), listen: () => ({ close: () => Promise.resolve() }) };
  }
  if (!/^postgres(ql)?:\/\//.test(location.url)) {
    throw new TypeError("the URL of a database must begin with postgres://");
  }
  // Loaded only when it is asked for, so that an installation without pg can use SQLite.
  const [{ openPostgres }, { listenPostgres }] = await Promise.all([
    import("./postgres.ts"),
    import("./postgres-listener.ts"),
  ]);
  return {
    dialect: openPostgres(location.url),
    listen: (channel, onNotified) => listenPostgres(location.url, channel, onNotified),
  };
}
