/** How long calls are accepted without news, in milliseconds: long enough for a restart of what brings them. */
export const STALE_AFTER_MS = 60_000;

/** Report a problem where the application gave no `onError`. */
export const printSignalsError = (error: unknown): void => {
  // biome-ignore lint/suspicious/noConsole: the last resort of a library that was given no log
  console.error("countersign: signals:", error);
};
