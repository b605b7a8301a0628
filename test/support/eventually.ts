import { setTimeout as pause } from "node:timers/promises";

/** How to wait. */
export interface EventuallyOptions {
  /** When to give up. Default: 15,000. */
  readonly timeoutMs?: number;
  /** Between two looks. Default: 25. */
  readonly intervalMs?: number;
}

/**
 * Look again and again until there is something to see. For what another process does in its own time; within a
 * process, wait for the event itself.
 *
 * @throws Error when nothing was seen in time
 */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 15_000, intervalMs = 25 }: EventuallyOptions = {},
): Promise<T> {
  const giveUpAtMs = performance.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > giveUpAtMs)
      throw new Error(`saw nothing within ${timeoutMs} ms: ${look.toString()}`);
    await pause(intervalMs);
  }
}
