import { createHash } from "node:crypto";

/** Names the statements that connections keep prepared. */
export interface StatementNames {
  /** The name of a statement, the same for each text; undefined: the server plans it anew each time. */
  nameOf(text: string, parameters: readonly unknown[]): string | undefined;
  /** Name no more statements: what is between the servers and the database carries no names. */
  stop(): void;
}

/** How many statements each connection keeps prepared: more than queries of the store have forms. */
const MAX_NAMES = 128;

/** A statement with more parameters holds a list, and each length of the list is a form of its own. */
const MAX_PARAMETERS = 40;

/** Digits of the name: 128 bits of the hash. */
const DIGITS = 32;

/**
 * Create the names of a process. Planning a refresh takes Postgres longer than carrying it out, and a statement with a name
 * is planned once for each connection. A name is made from the text: behind a pooler that mixes up connections, no process
 * finds another statement under it.
 */
export function createStatementNames(): StatementNames {
  const names = new Map<string, string>();
  let isStopped = false;
  return {
    nameOf(text, parameters) {
      if (isStopped) {
        return undefined;
      }
      const known = names.get(text);
      if (known !== undefined || names.size >= MAX_NAMES || parameters.length > MAX_PARAMETERS) {
        return known;
      }
      const name = `countersign_${createHash("sha256").update(text).digest("hex").slice(0, DIGITS)}`;
      names.set(text, name);
      return name;
    },
    stop() {
      isStopped = true;
    },
  };
}
