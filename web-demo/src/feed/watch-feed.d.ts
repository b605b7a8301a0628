import type { FeedEnd } from "./feed-end.ts";
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
 * Keep a feed open until the signal is aborted or the server refuses it: after every end it is opened again
 * with the place of the last event, so nothing is missed and nothing comes twice. Never rejects.
 *
 * @param after the place of the last event that is known already; 0n for none
 */
export declare function watchFeed<T extends Sequenced>(
  ports: FeedPorts<T>,
  after: bigint,
  signal: AbortSignal,
): Promise<void>;
//# sourceMappingURL=watch-feed.d.ts.map
