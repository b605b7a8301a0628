import type { Config } from "./config.ts";

/** How long calls in flight may take to end when a server stops, in milliseconds. */
export const GRACE_MS = 10_000;

/** For how much of that the calls that are left know that they have to end, in milliseconds. */
export const LAST_CALLS_MS = 1_000;

/** How long a proxy in front may need to see that a server is not ready, in milliseconds. */
const PROXY_DRAIN_DELAY_MS = 5_000;

/** Find for how long a server that is to stop takes calls as before, in milliseconds. */
export function drainDelayOf({
  drainDelayMs,
  behindTlsProxy,
}: Pick<Config, "behindTlsProxy" | "drainDelayMs">): number {
  return drainDelayMs ?? (behindTlsProxy ? PROXY_DRAIN_DELAY_MS : 0);
}
