import type { Kysely } from "kysely";
import type { Schema } from "./schema.ts";

/** A statement that writes. */
export type Write<T> = (db: Kysely<Schema>) => Promise<T>;

/** Runs statements that write. What it resolves to is on the disk. */
export type Writer = <T>(write: Write<T>) => Promise<T>;

interface Waiting {
  /** Run the statement; resolves to what hands its result over once that is on the disk. */
  run(db: Kysely<Schema>): Promise<() => void>;
  reject(error: unknown): void;
}

/** So many that the commit costs each of them next to nothing, so few that reads between two groups do not wait long. */
const MAX_GROUP = 64;

/**
 * Create a writer for SQLite that lets statements of the same turn share a transaction.
 *
 * A commit waits for the disk, and with SQLite the whole process waits with it: one wait for many is what makes the
 * difference under load. When a group fails, each of its statements is tried alone, so that none fails for another.
 */
export function createGroupWriter(db: Kysely<Schema>): Writer {
  let waiting: Waiting[] = [];
  let isScheduled = false;

  const commit = async (group: readonly Waiting[]): Promise<void> => {
    const settles = await db.transaction().execute(async (trx) => {
      const done: (() => void)[] = [];
      for (const statement of group) {
        done.push(await statement.run(trx));
      }
      return done;
    });
    for (const settle of settles) {
      settle();
    }
  };
  const commitAlone = (statement: Waiting): Promise<void> =>
    commit([statement]).catch((error: unknown) => statement.reject(error));
  const commitGroup = async (group: readonly Waiting[]): Promise<void> => {
    try {
      await commit(group);
    } catch {
      // One of them failed the transaction for all.
      for (const statement of group) {
        await commitAlone(statement);
      }
    }
  };
  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const group = waiting.slice(0, MAX_GROUP);
      waiting = waiting.slice(MAX_GROUP);
      await (group.length === 1 ? Promise.all(group.map(commitAlone)) : commitGroup(group));
    }
    isScheduled = false;
  };
  return (write) =>
    new Promise((resolve, reject) => {
      const run: Waiting["run"] = async (trx) => {
        const result = await write(trx);
        return () => resolve(result);
      };
      waiting.push({ run, reject });
      if (!isScheduled) {
        isScheduled = true;
        setImmediate(() => void flush());
      }
    });
}
