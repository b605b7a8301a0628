import type { Environment } from "./config.ts";
import { SETTING_ENTRIES } from "./settings.ts";
import { findSimilarName } from "./similar-name.ts";
import { WORKER_ORIGIN } from "./workers/messages.ts";

const PREFIX = "COUNTERSIGN_";

/** The variables that mean something, without what all begin with. */
const KNOWN: readonly string[] = [...SETTING_ENTRIES.map(([, { variable }]) => variable), WORKER_ORIGIN].map(
  (variable) => variable.slice(PREFIX.length),
);

/**
 * Find variables that are probably misspelt settings. Those that are like no setting belong to others, such as the
 * scripts around a server.
 */
export function listMisspeltVariables(env: Environment): readonly string[] {
  // Its workers have the environment of a server: one of them is enough to say it.
  if (env[WORKER_ORIGIN] !== undefined) {
    return [];
  }
  return Object.keys(env)
    .filter((variable) => variable.startsWith(PREFIX))
    .map((variable) => variable.slice(PREFIX.length))
    .filter((name) => !KNOWN.includes(name))
    .flatMap((name) => {
      const similar = findSimilarName(name, KNOWN);
      return similar === undefined
        ? []
        : [`the variable ${PREFIX}${name} is no setting: did you mean ${PREFIX}${similar}?`];
    });
}
