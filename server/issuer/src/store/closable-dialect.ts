import { AuthError } from "@countersign/server";
import type { DatabaseConnection, Dialect, Driver } from "kysely";

/** A dialect, and what ends the use of its database. */
export interface ClosableDialect {
  readonly dialect: Dialect;
  /** Close the database, once the queries and transactions under way are done. */
  close(): Promise<void>;
}

/**
 * Have queries after the end rejected with an AuthError `AUTH_UNAVAILABLE`, as those of any database that cannot be used: a
 * call that is under way while a server stops is to be tried elsewhere. Kysely's own `destroy` makes it an unexpected error,
 * and with SQLite breaks off transactions.
 */
export function toClosable(dialect: Dialect): ClosableDialect {
  const drivers: ClosableDriver[] = [];
  return {
    dialect: {
      createAdapter: () => dialect.createAdapter(),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createDriver() {
        const driver = toClosableDriver(dialect.createDriver());
        drivers.push(driver);
        return driver;
      },
    },
    async close() {
      await Promise.all(drivers.map((driver) => driver.close()));
    },
  };
}

interface ClosableDriver extends Driver {
  close(): Promise<void>;
}

function toClosableDriver(driver: Driver): ClosableDriver {
  const idle = Promise.withResolvers<void>();
  let users = 0;
  let isClosed = false;
  const leave = (): void => {
    users -= 1;
    if (isClosed && users === 0) {
      idle.resolve();
    }
  };
  const close = async (): Promise<void> => {
    isClosed = true;
    if (users > 0) {
      await idle.promise;
    }
    await driver.destroy();
  };
  return {
    init: (options) => driver.init(options),
    async acquireConnection(options) {
      if (isClosed) {
        return CLOSED;
      }
      users += 1;
      try {
        return await driver.acquireConnection(options);
      } catch (error) {
        leave();
        throw error;
      }
    },
    async releaseConnection(connection, options) {
      if (connection !== CLOSED) {
        await driver.releaseConnection(connection, options).finally(leave);
      }
    },
    beginTransaction: (connection, settings) => driver.beginTransaction(connection, settings),
    commitTransaction: (connection) => driver.commitTransaction(connection),
    rollbackTransaction: (connection) => driver.rollbackTransaction(connection),
    destroy: close,
    close,
  };
}

const refuse = (): never => {
  throw new AuthError("AUTH_UNAVAILABLE", "the store is closed");
};

/**
 * The connection to a database that is closed. Kysely gets it instead of an error, which would leave the next query waiting
 * for the one connection of SQLite.
 */
const CLOSED: DatabaseConnection = {
  executeQuery: async () => refuse(),
  streamQuery: () => refuse(),
};
