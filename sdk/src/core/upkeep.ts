import type { Access } from "./access.ts";
import { backoffMs, STREAM_RETRY } from "./backoff.ts";
import { blockedMs } from "./budget.ts";
import type { Cancel } from "./clock.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { SessionContext } from "./session-context.ts";
import type { TokenSource } from "./source.ts";
import { msUntilRenewal, msUntilStale } from "./token-state.ts";
import { withTimeout } from "./waiting.ts";

/** What {@link createUpkeep} needs. */
export interface UpkeepContext extends Pick<SessionContext, "clock" | "holder"> {
  readonly access: Access;
  /** Absent when nobody can renew streams: then none must be opened here. */
  readonly renewStreams: TokenSource["renewStreams"];
}

/** Refreshes ahead of expiry while somebody watches, and keeps streams alive while their tokens expire. */
export interface Upkeep {
  /** Take in a stream that is about to be opened with a token. Answers the name that the server must be told. */
  readonly open: (held: Held) => string;
  /** Let a stream go: it is over. */
  readonly close: (streamId: string) => void;
  /** Look at the token and the streams now, and plan the next look. */
  readonly look: () => void;
  /** Plan no more. */
  readonly stop: () => void;
}

const MIN_DELAY_MS = 250;
const MAX_DELAY_MS = 60_000;
/** The most that a server takes in one call. */
const MAX_STREAMS_PER_CALL = 1_000;

/**
 * Refresh ahead of expiry while the session has subscribers or streams, with one coarse timer. At 75 to 85 % of a
 * token's life, all streams that run on it are given a newer one, with one call.
 *
 * No call depends on it: whatever it misses, the next call makes good. A renewal that fails is tried again; a stream
 * that loses the race ends with STREAM_EXPIRED.
 */
export function createUpkeep({ access, clock, holder, renewStreams }: UpkeepContext): Upkeep {
  /** By name, with the token that each runs on. */
  const streams = new Map<string, Held>();
  let cancel: Cancel | undefined;
  let isRenewing = false;
  let failures = 0;
  let retryAtMs = 0;

  function look(): void {
    cancel?.();
    const dueMs = isRenewing
      ? Number.POSITIVE_INFINITY
      : Math.max(untilDueMs(), retryAtMs - clock.monotonicMs());
    let delayMs = dueMs;
    // A stream that is due should find its next token at hand: of a short life, little is left then.
    const held = holder.changes.size > 0 || Number.isFinite(dueMs) ? holder.held() : undefined;
    if (held !== undefined) {
      // A stale token that is asked for is refreshed behind; an expired one must be asked for in earnest.
      if (access.usable() === undefined) void access.obtain().catch(ignore);
      // While the server is left alone there is nothing to look for.
      const freshMs = Math.max(
        MIN_DELAY_MS,
        msUntilStale(held, clock),
        blockedMs(held.health, clock.nowMs()),
      );
      delayMs = Math.min(dueMs > 0 ? dueMs : freshMs, freshMs);
    }
    if (dueMs <= 0) void renew();
    // Whole milliseconds: a clock can't get past the fractions that sums leave over.
    if (delayMs > 0 && Number.isFinite(delayMs))
      cancel = clock.schedule(look, Math.ceil(Math.min(MAX_DELAY_MS, delayMs)));
  }

  /** In how many milliseconds a stream is due; `Infinity` when there is none. Few tokens, however many streams. */
  function untilDueMs(): number {
    return Math.min(...[...new Set(streams.values())].map((held) => msUntilRenewal(held, clock)));
  }

  async function renew(): Promise<void> {
    isRenewing = true;
    // A failure is told to the streams by the server; here there is nobody to tell.
    await renewDue().catch(ignore);
    isRenewing = false;
    // Without a newer token nothing could be done: that is worth no more than a failure.
    failures = untilDueMs() > 0 ? 0 : failures + 1;
    retryAtMs = clock.monotonicMs() + backoffMs(STREAM_RETRY, failures);
    look();
  }

  async function renewDue(): Promise<void> {
    // As long as a token can be asked to last: one whose streams are due has less than that left.
    const fresh = await access.obtain({ minTtlMs: Number.POSITIVE_INFINITY });
    const accessToken = fresh.accessToken.reveal();
    const due: string[] = [];
    // The streams of another account are not among them: they have ended with it.
    for (const [streamId, { generation }] of streams) if (generation !== fresh.generation) due.push(streamId);
    while (due.length > 0 && !fresh.ended.aborted) {
      const streamIds = due.splice(0, MAX_STREAMS_PER_CALL);
      const renewed = await withTimeout(clock, async (signal) =>
        renewStreams?.({ streamIds, accessToken, signal }),
      );
      for (const streamId of streamIds) {
        if (streams.delete(streamId) && renewed?.includes(streamId)) streams.set(streamId, fresh);
      }
    }
  }

  return {
    open(held) {
      const streamId = randomId();
      streams.set(streamId, held);
      if (streams.size === 1) look();
      return streamId;
    },
    close: (streamId) => void streams.delete(streamId),
    look,
    stop: () => cancel?.(),
  };
}

/** The failure is in the snapshot and in the event `degraded`; there is no caller to tell. */
function ignore(): void {}
