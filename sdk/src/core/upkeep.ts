import { Code, ConnectError } from "@connectrpc/connect";
import { NO_FAILURE } from "./backoff.ts";
import type { Cancel } from "./clock.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { SessionCore } from "./session-core.ts";
import type { StreamRef, StreamRenewal, TokenSource } from "./source.ts";
import { afterRenewal, msUntilDue, msUntilLook } from "./upkeep-state.ts";
import { withTimeout } from "./waiting.ts";

/** Refreshes ahead of expiry while the session has subscribers, and keeps streams alive while their tokens expire. */
export interface Upkeep {
  /** Take in a stream that is about to be opened with a token, at a base URL. @returns the name to send to the server */
  readonly open: (held: Held, baseUrl: string) => string;
  /** Take note of which process has a stream. */
  readonly setOwner: (streamId: string, owner: string | undefined) => void;
  /** Let a stream go: it is over. */
  readonly close: (streamId: string) => void;
  /** Look at the token and the streams now, and plan the next look. */
  readonly look: () => void;
  /** Plan no more. */
  readonly stop: () => void;
}

/** A stream, by the server where it was opened and the token that it runs on. */
interface KeptStream extends Pick<StreamRenewal, "baseUrl"> {
  readonly held: Held;
  readonly owner?: string | undefined;
}

/**
 * Refresh ahead of expiry while the session has subscribers or streams, with one coarse timer. At 75 to 85 % of a
 * token's life, all streams that run on it are given a newer one, with one call to each server that has some.
 *
 * No call depends on it: whatever it misses, the next call makes good. A renewal that fails is tried again; a stream
 * that loses the race ends with STREAM_EXPIRED.
 *
 * @param renewStreams absent when neither the source nor the server can renew streams: then none must be opened here
 */
export function createUpkeep(
  { access, clock, holder, binding }: Omit<SessionCore, "stepUps" | "looks">,
  renewStreams: TokenSource["renewStreams"],
): Upkeep {
  /** By name. */
  const streams = new Map<string, KeptStream>();
  let state = NO_FAILURE;
  let cancel: Cancel | undefined;

  const tokens = (): readonly Held[] => [...streams.values()].map(({ held }) => held);

  function look(): void {
    cancel?.();
    const dueMs = msUntilDue(state, tokens(), clock);
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
    state = afterRenewal(state, tokens(), clock);
    look();
  }

  async function renewDue(): Promise<void> {
    // As long as a token can be asked to last: one whose streams are due has less than that left.
    const fresh = await access.obtain({ minTtlMs: Infinity });
    const due = new Map<string, StreamRef[]>();
    // The streams of another account are not among them: they have ended with it.
    for (const [streamId, { held, baseUrl, owner }] of streams) {
      if (held.generation !== fresh.generation) {
        const refs = due.get(baseUrl) ?? [];
        refs.push({ streamId, owner });
        due.set(baseUrl, refs);
      }
    }
    // One that does not answer keeps no other waiting; its streams stay due.
    await Promise.allSettled([...due].map(([baseUrl, refs]) => renewAt(baseUrl, refs, fresh)));
  }

  async function renewAt(baseUrl: string, refs: StreamRef[], fresh: Held): Promise<void> {
    const accessToken = fresh.accessToken.reveal();
    const prover = binding?.proverOf(fresh);
    while (refs.length > 0 && !fresh.ended.aborted) {
      // The most that a server takes in one call.
      const maxStreamsPerCall = 1_000;
      const some = refs.splice(0, maxStreamsPerCall);
      const streamIds = some.map(({ streamId }) => streamId);
      const renewed = await withTimeout(clock, async (signal) =>
        renewStreams?.({ baseUrl, streams: some, streamIds, accessToken, signal, prover }),
      ).catch(noneWhereUnimplemented);
      for (const streamId of streamIds) {
        const kept = streams.get(streamId);
        streams.delete(streamId);
        if (kept && renewed?.includes(streamId)) {
          streams.set(streamId, { ...kept, held: fresh });
        }
      }
    }
  }

  return {
    open(held, baseUrl) {
      const streamId = randomId();
      streams.set(streamId, { held, baseUrl });
      if (streams.size === 1) {
        look();
      }
      return streamId;
    },
    setOwner(streamId, owner) {
      const kept = streams.get(streamId);
      if (kept) {
        streams.set(streamId, { ...kept, owner });
      }
    },
    close: (streamId) => void streams.delete(streamId),
    look,
    stop: () => cancel?.(),
  };
}

/** A server that has no renewals will not have any the next time. */
function noneWhereUnimplemented(error: unknown): undefined {
  if (ConnectError.from(error).code !== Code.Unimplemented) {
    throw error;
  }
}

/** The failure is in the snapshot and in the event `degraded`; no caller waits for it. */
function ignore(): void {}
