import { NO_FAILURE } from "./backoff.ts";
import type { Cancel } from "./clock.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { SessionCore } from "./session-core.ts";
import type { TokenSource } from "./source.ts";
import { afterRenewal, msUntilDue, msUntilLook } from "./upkeep-state.ts";
import { withTimeout } from "./waiting.ts";

/** Refreshes ahead of expiry while the session has subscribers, and keeps streams alive while their tokens expire. */
export interface Upkeep {
  /** Take in a stream that is about to be opened with a token. @returns the name to send to the server */
  readonly open: (held: Held) => string;
  /** Let a stream go: it is over. */
  readonly close: (streamId: string) => void;
  /** Look at the token and the streams now, and plan the next look. */
  readonly look: () => void;
  /** Plan no more. */
  readonly stop: () => void;
}

/**
 * Refresh ahead of expiry while the session has subscribers or streams, with one coarse timer. At 75 to 85 % of a
 * token's life, all streams that run on it are given a newer one, with one call.
 *
 * No call depends on it: whatever it misses, the next call makes good. A renewal that fails is tried again; a stream
 * that loses the race ends with STREAM_EXPIRED.
 *
 * @param renewStreams absent when neither the source nor the server can renew streams: then none must be opened here
 */
export function createUpkeep(
  { access, clock, holder }: Pick<SessionCore, "access" | "clock" | "holder">,
  renewStreams: TokenSource["renewStreams"],
): Upkeep {
  /** By name, with the token that each runs on. */
  const streams = new Map<string, Held>();
  let state = NO_FAILURE;
  let cancel: Cancel | undefined;

  function look(): void {
    cancel?.();
    const dueMs = msUntilDue(state, streams.values(), clock);
    // A stream that is due should find its next token at hand: of a short life, little is left then.
    const held = holder.changes.size > 0 || dueMs < Infinity ? holder.held() : undefined;
    // A stale token that is asked for is refreshed behind; an expired one must be asked for in earnest.
    if (held && !access.usable()) {
      void access.obtain().catch(ignore);
    }
    if (dueMs <= 0) {
      void renew();
    }
    const delayMs = msUntilLook(held, dueMs, clock);
    if (delayMs < Infinity) {
      cancel = clock.schedule(look, delayMs);
    }
  }

  async function renew(): Promise<void> {
    // One at a time.
    state = { ...state, retryAtMs: Infinity };
    // The server ends the streams that it did not renew; no caller waits for the failure here.
    await renewDue().catch(ignore);
    state = afterRenewal(state, streams.values(), clock);
    look();
  }

  async function renewDue(): Promise<void> {
    // As long as a token can be asked to last: one whose streams are due has less than that left.
    const fresh = await access.obtain({ minTtlMs: Infinity });
    const accessToken = fresh.accessToken.reveal();
    const due: string[] = [];
    // The streams of another account are not among them: they have ended with it.
    for (const [streamId, { generation }] of streams) {
      if (generation !== fresh.generation) {
        due.push(streamId);
      }
    }
    while (due.length > 0 && !fresh.ended.aborted) {
      // The most that a server takes in one call.
      const maxStreamsPerCall = 1_000;
      const streamIds = due.splice(0, maxStreamsPerCall);
      const renewed = await withTimeout(clock, async (signal) =>
        renewStreams?.({ streamIds, accessToken, signal }),
      );
      for (const streamId of streamIds) {
        if (streams.delete(streamId) && renewed?.includes(streamId)) {
          streams.set(streamId, fresh);
        }
      }
    }
  }

  return {
    open(held) {
      const streamId = randomId();
      streams.set(streamId, held);
      if (streams.size === 1) {
        look();
      }
      return streamId;
    },
    close: (streamId) => void streams.delete(streamId),
    look,
    stop: () => cancel?.(),
  };
}

/** The failure is in the snapshot and in the event `degraded`; no caller waits for it. */
function ignore(): void {}
