import type { Access } from "./access.ts";
import { backoffMs, STREAM_RETRY } from "./backoff.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { SessionContext } from "./session-context.ts";
import type { TokenSource } from "./source.ts";
import { msUntilRenewal } from "./token-state.ts";
import { withTimeout } from "./waiting.ts";

/** The streams that run on this session's tokens. */
export interface OpenStreams {
  /** Whether a stream is only kept alive where the server says that it ends it. */
  readonly mustBeTold: boolean;
  /** Take in a stream that is about to be opened with a token. Answers the name that the server must be told. */
  readonly open: (held: Held) => string;
  /** Let a stream go: it is over. */
  readonly close: (streamId: string) => void;
  /** In how many milliseconds a stream is due to be renewed; `Infinity` when none is. */
  readonly dueMs: () => number;
  /** Renew what is due. Never rejects. */
  readonly renew: () => Promise<void>;
  /** Renew no more. */
  readonly clear: () => void;
}

/** What {@link createOpenStreams} needs. */
export interface OpenStreamsContext extends Pick<SessionContext, "clock"> {
  readonly access: Access;
  readonly renewStreams: NonNullable<TokenSource["renewStreams"]>;
  readonly mustBeTold: boolean;
  /** Told when there is a stream and there was none before. */
  readonly onFirst: () => void;
}

/** The most that a server takes in one call. */
const MAX_STREAMS_PER_CALL = 1_000;

/**
 * Keep open streams alive while the tokens that opened them expire: at 75 to 85 % of a token's life, all streams
 * that run on it are given a newer one, with one call.
 *
 * A renewal that fails is tried again; a stream that loses the race ends with STREAM_EXPIRED.
 */
export function createOpenStreams(context: OpenStreamsContext): OpenStreams {
  const { access, clock, renewStreams, mustBeTold, onFirst } = context;
  /** By name, with the token that each runs on. */
  const streams = new Map<string, Held>();
  let retryAtMs = 0;
  let failures = 0;
  let isRunning = false;

  function untilDueMs(): number {
    // Few tokens, however many streams.
    const tokens = new Set(streams.values());
    return Math.min(...[...tokens].map((held) => msUntilRenewal(held, clock)));
  }

  async function renewDue(): Promise<void> {
    // As long as a token can be asked to last: one whose streams are due has less than that left.
    const fresh = await access.obtain({ minTtlMs: Number.POSITIVE_INFINITY });
    const due: string[] = [];
    for (const [streamId, held] of streams) {
      // The streams of another account are not this one's to renew.
      if (held.sessionId !== fresh.sessionId) streams.delete(streamId);
      else if (held.generation !== fresh.generation) due.push(streamId);
    }
    while (due.length > 0) {
      const streamIds = due.splice(0, MAX_STREAMS_PER_CALL);
      const accessToken = fresh.accessToken.reveal();
      const renewed = await withTimeout(clock, async (signal) =>
        renewStreams({ streamIds, accessToken, signal }),
      );
      for (const streamId of streamIds) {
        const isRenewed = streams.delete(streamId) && renewed.includes(streamId);
        if (isRenewed) streams.set(streamId, fresh);
      }
    }
  }

  return {
    mustBeTold,
    open(held) {
      const streamId = randomId();
      streams.set(streamId, held);
      if (streams.size === 1) onFirst();
      return streamId;
    },
    close: (streamId) => void streams.delete(streamId),
    dueMs: () =>
      isRunning ? Number.POSITIVE_INFINITY : Math.max(untilDueMs(), retryAtMs - clock.monotonicMs()),
    async renew() {
      isRunning = true;
      let worked = false;
      try {
        await renewDue();
        // Without a newer token nothing could be done: that is worth no more than a failure.
        worked = untilDueMs() > 0;
      } catch {
        // The streams are told by the server; here there is nobody to tell.
      }
      failures = worked ? 0 : failures + 1;
      retryAtMs = worked ? 0 : clock.monotonicMs() + backoffMs(STREAM_RETRY, failures);
      isRunning = false;
    },
    clear: () => streams.clear(),
  };
}
