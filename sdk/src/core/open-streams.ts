import type { Access } from "./access.ts";
import type { Cancel, Clock } from "./clock.ts";
import { isSessionError } from "./errors.ts";
import type { Held } from "./holder.ts";
import { randomId } from "./random.ts";
import type { RenewStreams } from "./renew-streams.ts";
import { instantOf } from "./timeout.ts";
import { msUntilRenewal } from "./token-state.ts";

/** The streams that run on this session's tokens. */
export interface OpenStreams {
  /** Take in a stream that is about to be opened with a token. */
  readonly open: (held: Held) => OpenStream;
  /** Renew what is due: time may have passed unseen. */
  readonly look: () => void;
  /** Renew no more. */
  readonly stop: () => void;
}

/** One stream that is kept alive. */
export interface OpenStream {
  /** The name that the server must be told when the stream is opened. */
  readonly streamId: string;
  /** Let the stream go: it is over. */
  readonly close: () => void;
}

/** What {@link createOpenStreams} needs. */
export interface OpenStreamsContext {
  readonly access: Access;
  readonly clock: Clock;
  readonly renew: RenewStreams;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 10_000;

/**
 * Keep open streams alive while the tokens that opened them expire: at 75 to 85 % of a token's life, all streams
 * that run on it are given a newer one, with one call.
 *
 * A renewal that fails is tried again; a stream that loses the race ends with STREAM_EXPIRED.
 */
export function createOpenStreams({ access, clock, renew }: OpenStreamsContext): OpenStreams {
  /** Few tokens, however many streams. */
  const byToken = new Map<Held, Set<string>>();
  let cancel: Cancel | undefined;
  let running = false;
  let failures = 0;

  function add(held: Held, streamIds: Iterable<string>): void {
    const key = [...byToken.keys()].find((other) => isSameToken(other, held)) ?? held;
    const known = byToken.get(key) ?? new Set();
    for (const streamId of streamIds) known.add(streamId);
    if (known.size > 0) byToken.set(key, known);
  }

  function remove(streamId: string): void {
    for (const [held, streamIds] of byToken) {
      if (streamIds.delete(streamId) && streamIds.size === 0) byToken.delete(held);
    }
    if (byToken.size === 0) cancel?.();
  }

  function plan(): void {
    cancel?.();
    if (running || byToken.size === 0) return;
    const dueMs = msUntilDue();
    const pauseMs = failures === 0 ? 0 : Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
    cancel = clock.schedule(look, Math.max(dueMs, pauseMs));
  }

  function msUntilDue(): number {
    const now = instantOf(clock);
    return Math.min(...[...byToken.keys()].map(({ timing }) => msUntilRenewal(timing, now)));
  }

  function look(): void {
    if (running || byToken.size === 0) return;
    running = true;
    void renewDue()
      .then(succeed, fail)
      .finally(() => {
        running = false;
        plan();
      });
  }

  async function renewDue(): Promise<void> {
    // As long as a token can be asked to last: one whose streams are due has less than that left.
    const fresh = await access.obtain({ minTtlMs: Number.POSITIVE_INFINITY });
    for (const [held, streamIds] of [...byToken]) {
      if (isSameToken(held, fresh)) continue;
      byToken.delete(held);
      // The streams of another account are not this one's to renew.
      if (held.entry.sessionId !== fresh.entry.sessionId) continue;
      try {
        const renewed = await renew([...streamIds], fresh);
        add(
          fresh,
          renewed.filter((streamId) => streamIds.has(streamId)),
        );
      } catch (error) {
        add(held, streamIds);
        throw error;
      }
    }
  }

  /** Without a newer token nothing could be done: that is worth no more than a failure. */
  function succeed(): void {
    failures = msUntilDue() > 0 ? 0 : failures + 1;
  }

  /** The streams are told by the server; here there is nobody to tell. */
  function fail(error: unknown): void {
    failures += 1;
    if (isSessionError(error) && error.reason === "SIGNED_OUT") byToken.clear();
  }

  return {
    open(held) {
      const streamId = randomId();
      add(held, [streamId]);
      plan();
      return { streamId, close: () => remove(streamId) };
    },
    look,
    stop() {
      byToken.clear();
      cancel?.();
    },
  };
}

function isSameToken(a: Held, b: Held): boolean {
  return a.entry.sessionId === b.entry.sessionId && a.entry.generation === b.entry.generation;
}
