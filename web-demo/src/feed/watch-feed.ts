import type { FeedEnd } from "./feed-end.ts";
import { classifyFeedEnd, feedPauseMs } from "./feed-end.ts";

/** How the feed stands. `reconnecting` is only said after a loss: a renewal between two tokens is not one. */
export type FeedStatus = "connecting" | "live" | "reconnecting" | "refused";

/** Anything in a feed that knows its place. */
export interface Sequenced {
  readonly sequence: bigint;
}

/** What {@link watchFeed} needs from the world around it. */
export interface FeedPorts<T extends Sequenced> {
  /** Open the stream after a place in the feed. `onOpen` may be called when the server has answered. */
  readonly open: (after: bigint, signal: AbortSignal, onOpen: () => void) => AsyncIterable<T>;
  /** Wait that long; resolves early, and never rejects, when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** The same between two tries; may resolve early when trying again has become promising. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A number from 0 to 1, to spread clients in time. */
  readonly random: () => number;
  /** Called with every event, in order and once. */
  readonly onEvent: (event: T) => void;
  /** Called with every change of the status. */
  readonly onStatus: (status: FeedStatus) => void;
  /** Called when the stream is open again after its token expired or the connection was lost. */
  readonly onResumed: (after: bigint, cause: FeedEnd) => void;
}

/**
 * How long a stream must stay open, without a word, to count as open. An idle stream may not even send its
 * headers, so silence is all there is to go by.
 */
const SETTLED_AFTER_MS = 400;

/**
 * Keep a feed open until the signal is aborted or the server refuses it: after every end it is opened again
 * with the place of the last event, so nothing is missed and nothing comes twice. Never rejects.
 *
 * @param after the place of the last event that is known already; 0n for none
 */
export async function watchFeed<T extends Sequenced>(
  ports: FeedPorts<T>,
  after: bigint,
  signal: AbortSignal,
): Promise<void> {
  let cursor = after;
  let failures = 0;
  let cause: FeedEnd | undefined;
  ports.onStatus("connecting");
  while (!signal.aborted) {
    const opened = (): void => {
      failures = 0;
      ports.onStatus("live");
      if (cause !== undefined) ports.onResumed(cursor, cause);
      cause = undefined;
    };
    const taken = (event: T): void => {
      if (event.sequence <= cursor) return;
      cursor = event.sequence;
      ports.onEvent(event);
    };
    const attempt = await readOnce(ports, cursor, { signal, opened, taken });
    if (signal.aborted) return;
    cause = attempt.end;
    if (cause === "refused") return ports.onStatus("refused");
    if (cause === "lost") ports.onStatus("reconnecting");
    if (cause === "expired" && attempt.settled) continue;
    failures += 1;
    await ports.pause(feedPauseMs(failures, ports.random()), signal);
  }
}

interface Attempt<T> {
  readonly signal: AbortSignal;
  readonly opened: () => void;
  readonly taken: (event: T) => void;
}

async function readOnce<T extends Sequenced>(
  ports: FeedPorts<T>,
  after: bigint,
  attempt: Attempt<T>,
): Promise<{ readonly end: FeedEnd; readonly settled: boolean }> {
  const over = new AbortController();
  const signal = AbortSignal.any([attempt.signal, over.signal]);
  let settled = false;
  const settle = (): void => {
    if (settled || signal.aborted) return;
    settled = true;
    attempt.opened();
  };
  void ports.wait(SETTLED_AFTER_MS, signal).then(settle);
  try {
    for await (const event of ports.open(after, signal, settle)) {
      settle();
      attempt.taken(event);
    }
    return { end: classifyFeedEnd(undefined), settled };
  } catch (err) {
    return { end: classifyFeedEnd(err), settled };
  } finally {
    over.abort();
  }
}
