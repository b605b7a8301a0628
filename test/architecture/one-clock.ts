import type { Rule } from "./rules.ts";

/**
 * Where time comes from. The end of a turn (`setImmediate`) is no time, and `AbortSignal.timeout` leaves nothing to
 * cancel: neither is meant.
 */
const CLOCK = "server/gate/src/kernel/clock.ts";

const TIME =
  /\b(?:set|clear)(?:Timeout|Interval)\b|\bDate\s*\.\s*now\b|\bperformance\s*\.\s*(?:now|timeOrigin)\b|\bnew Date\(\s*\)|\bhrtime\b|["'](?:node:)?timers(?:\/promises)?["']/;

const COMMENT = /\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm;

/** In the server, time is read and waited for through a `Clock`, which a test can hold. */
export const oneClock: Rule = ({ path, text }) => {
  if (!/^server\/\w+\/src\//.test(path) || path === CLOCK) {
    return [];
  }
  return withoutComments(text)
    .split("\n")
    .flatMap((line, index) => {
      const found = TIME.exec(line)?.[0];
      return found === undefined ? [] : [`${path}:${index + 1} takes ${found} past the clock`];
    });
};

/** Take the comments out, and leave every line where it was. */
function withoutComments(text: string): string {
  return text.replace(COMMENT, (comment) => comment.replace(/[^\n]/g, " "));
}
