import type { StreamingCall } from "@countersign/sdk";
import { resumable } from "@countersign/sdk";

/** Anything in a feed that knows its place. */
export interface Sequenced {
  readonly sequence: bigint;
}

/** A request that says where the feed is to go on. */
export interface FeedRequest {
  readonly afterSequence: bigint;
}

/** What {@link followFeed} needs from the world around it. */
export interface FeedPorts<T extends Sequenced> {
  /** The method that streams the feed. */
  readonly watch: StreamingCall<FeedRequest, T>;
  /** Wait that long; resolves early, and never rejects, when the signal is aborted. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Whether anything is known that speaks against an open stream. */
  readonly isCutOff: () => boolean;
  /** Called with every event, in order and as the stream delivers it. */
  readonly onEvent: (event: T) => void;
  /** Called when the stream is open: at first, and again after an interruption. `agoMs`: how long it has been. */
  readonly onOpen: (agoMs: number) => void;
  /** Called when the stream broke off, or a try to open it again failed; the next try is in `delayMs`. */
  readonly onInterruption: (delayMs: number) => void;
  /** Called when the stream is over for good. */
  readonly onEnd: () => void;
}

/**
 * How long a stream must stay open, without a word, to count as open. An idle stream may not even send its
 * headers, so silence is all there is to go by.
 */
const SETTLED_AFTER_MS = 400;

/**
 * Follow a feed until the signal is aborted or the server refuses it, over every interruption. Never rejects.
 *
 * @param after the place of the last event that is known already; 0n for none
 */
export async function followFeed<T extends Sequenced>(
  ports: FeedPorts<T>,
  after: bigint,
  signal: AbortSignal,
): Promise<void> {
  const openness = watchOpenness(ports, signal);
  const events = resumable(ports.watch, {
    request: { afterSequence: after },
    resume: (last) => ({ afterSequence: last.sequence }),
    callOptions: { signal, onHeader: () => openness.isOpen() },
    onInterruption: ({ delayMs }) => {
      ports.onInterruption(delayMs);
      openness.isTriedIn(delayMs);
    },
  });
  openness.isTriedIn(0);
  try {
    for await (const event of events) {
      openness.isOpen();
      ports.onEvent(event);
    }
    ports.onEnd();
  } catch {
    // What is thrown here would come back every time: the session's own events say why.
    if (!signal.aborted) {
      ports.onEnd();
    }
  } finally {
    openness.stop();
  }
}

/** Find out when a stream is open: when it says something, or has stayed silent for long enough. */
function watchOpenness<T extends Sequenced>(
  { wait, isCutOff, onOpen }: Pick<FeedPorts<T>, "wait" | "isCutOff" | "onOpen">,
  signal: AbortSignal,
): { readonly isTriedIn: (delayMs: number) => void; readonly isOpen: () => void; readonly stop: () => void } {
  let attempt = new AbortController();
  let isKnown = false;
  const know = (agoMs: number): void => {
    attempt.abort();
    if (isKnown || signal.aborted) {
      return;
    }
    isKnown = true;
    onOpen(agoMs);
  };
  const listen = async (delayMs: number, over: AbortSignal): Promise<void> => {
    const wasCutOff = isCutOff();
    await wait(delayMs + SETTLED_AFTER_MS, AbortSignal.any([signal, over]));
    if (signal.aborted || over.aborted) {
      return;
    }
    if (wasCutOff || isCutOff()) {
      return listen(0, over);
    }
    know(SETTLED_AFTER_MS);
  };
  return {
    isTriedIn(delayMs) {
      attempt.abort();
      isKnown = false;
      attempt = new AbortController();
      void listen(delayMs, attempt.signal);
    },
    isOpen: () => know(0),
    stop: () => attempt.abort(),
  };
}
