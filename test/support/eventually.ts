/** How to wait. */
export interface EventuallyOptions {
  /** When to give up. Default: 60,000. */
  readonly timeoutMs?: number;
  /** Between two looks. Default: 25. */
  readonly intervalMs?: number;
}

// Taken before any test puts a clock of its own in their place: what is waited for here takes real time.
const { setTimeout: schedule } = globalThis;
const nowMs = performance.now.bind(performance);

/**
 * Look again and again until there is something to see. For what another process does in its own time; within a
 * process, wait for the event itself.
 *
 * @throws Error when nothing was seen in time
 */
export async function eventually<T>(
  look: () => Promise<T | undefined> | T | undefined,
  { timeoutMs = 60_000, intervalMs = 25 }: EventuallyOptions = {},
): Promise<T> {
  const giveUpAtMs = nowMs() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) {
      return seen;
    }
    if (nowMs() > giveUpAtMs) {
      throw new Error(`saw nothing within ${timeoutMs} ms: ${look.toString()}`);
    }
    await new Promise((resolve) => schedule(resolve, intervalMs));
  }
}
