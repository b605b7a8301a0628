/**
 * Make an error that has no stack trace.
 *
 * A trace takes several times as long as all else about a refusal, and the caller decides how often one is
 * made. The place in our own code helps no reader of the log: the message names the rule that was broken. Traces are
 * switched off while the error is made and not a moment longer; nothing else can run meanwhile.
 *
 * @param make makes the error, and must do nothing else
 * @returns what it made; with its trace on engines that cannot do without
 */
export function withoutStack<E extends Error>(make: () => E): E {
  const limit: unknown = Error.stackTraceLimit;
  if (typeof limit !== "number" || !setStackTraceLimit(0)) {
    return make();
  }
  try {
    return make();
  } finally {
    setStackTraceLimit(limit);
  }
}

function setStackTraceLimit(limit: number): boolean {
  try {
    Error.stackTraceLimit = limit;
    return true;
  } catch {
    return false; // frozen, as with --frozen-intrinsics: a refusal must be none the less
  }
}
