/** Works on its own until it is closed. */
export interface Background {
  start(): void;
  close(): Promise<void>;
}

/**
 * Create what works on its own, once, from when it is started.
 *
 * @param run works until then; it never rejects
 * @param end is aborted when it is closed
 */
export function runInBackground(run: () => Promise<void>, end: AbortController): Background {
  let running: Promise<void> | undefined;
  return {
    start() {
      running ??= run();
    },
    async close() {
      end.abort();
      await running;
    },
  };
}
