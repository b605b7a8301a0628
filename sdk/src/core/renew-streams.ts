import type { Clock } from "./clock.ts";
import type { Held } from "./holder.ts";
import type { TokenSource } from "./source.ts";
import { ATTEMPT_TIMEOUT_MS, withTimeout } from "./timeout.ts";

/** Gives open streams a fresh token. @returns those that go on */
export type RenewStreams = (streamIds: readonly string[], fresh: Held) => Promise<readonly string[]>;

/** The most that a server takes in one call. */
const MAX_STREAMS_PER_CALL = 1_000;

/** Create the renewal of streams; `undefined` when the source knows of no server that could renew them. */
export function createRenewStreams(source: TokenSource, clock: Clock): RenewStreams | undefined {
  if (source.renewStreams === undefined) return undefined;
  const renewStreams = source.renewStreams.bind(source);
  return async (streamIds, fresh) => {
    const accessToken = fresh.entry.accessToken.reveal();
    const renewed: string[] = [];
    for (let at = 0; at < streamIds.length; at += MAX_STREAMS_PER_CALL) {
      const some = streamIds.slice(at, at + MAX_STREAMS_PER_CALL);
      const renew = (signal: AbortSignal) => renewStreams({ streamIds: some, accessToken, signal });
      renewed.push(...(await withTimeout(clock, ATTEMPT_TIMEOUT_MS, renew)));
    }
    return renewed;
  };
}
