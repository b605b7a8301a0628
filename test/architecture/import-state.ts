import type { Rule } from "./rules.ts";

// What belongs to an object and goes with it (a WeakMap, a WeakSet) is the object's state, not the module's.
const STATE =
  /^(?:export )?(?:(?<variable>let|var) |const \w+(?:: [^=]+)? = new (?<collection>Map|Set|Array|LRUCache)(?:<[^(]*>)?\((?:\)|\{))/;

/**
 * Importing a module of the server makes nothing that changes: two servers in one process share no state, and a test
 * leaves none behind.
 */
export const noStateAtImport: Rule = ({ path, text }) => {
  if (!/^server\/\w+\/src\//.test(path)) {
    return [];
  }
  return text.split("\n").flatMap((line, index) => {
    const { variable, collection } = STATE.exec(line)?.groups ?? {};
    const what = variable ?? collection;
    return what === undefined ? [] : [`${path}:${index + 1} keeps state in the module: ${what}`];
  });
};
