import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { AuthError } from "@countersign/server";
import { PULL, type PullIterator, type Reader, toNext } from "@countersign/server/internal";
import type { SignalFeed } from "./signal-feed.ts";
import type { SubjectForm } from "./signal-log.ts";
import type { SnapshotReader, Snapshots } from "./snapshots.ts";

/** What a watcher reads. */
export interface WatcherOptions {
  readonly feed: Pick<SignalFeed, "flush" | "log" | "toAlive">;
  readonly snapshots: Snapshots;
  readonly form: SubjectForm;
  /** Sent each second while a snapshot waits for its turn. */
  readonly keepAlive: WatchResponse;
  /** The last message of a feed that goes on elsewhere. */
  readonly drain: WatchResponse;
  /** Called once, when it is over. @param isTooSlow whether it is because it has not read what there was */
  readonly onEnd: (isTooSlow: boolean) => void;
}

/** How many messages for one watcher alone wait until it takes them. */
const MAX_OWN_MESSAGES = 256;

/** For how many seconds a watcher may take nothing, although there is something. */
const MAX_STALLED_TICKS = 10;

/**
 * One reader of the feed, which takes a message when it has room for it. What all are sent is in the log, so that a watcher
 * holds no more than a position.
 *
 * A class: one is made for every server that watches.
 */
export class Watcher implements PullIterator<WatchResponse>, AsyncIterable<WatchResponse> {
  readonly #options: WatcherOptions;
  #own: WatchResponse[] = [];
  /** Where it goes on in the log; undefined: it does not read the log yet. */
  #position: number | undefined;
  #snapshot: SnapshotReader | undefined;
  #reader: Reader<WatchResponse> | undefined;
  #owesAlive = true;
  #stalledTicks = 0;
  /** Whether it takes nothing more than its own messages. */
  #isClosing = false;
  #isOver = false;
  #isTooSlow = false;
  #error: AuthError | undefined;

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /**
   * Begin.
   *
   * @param first what is sent before anything else
   * @param position where to go on in the log; undefined: with everything that is revoked
   */
  start(first: readonly WatchResponse[], position: number | undefined): void {
    if (!this.isTaking) {
      return;
    }
    this.#own.push(...first);
    this.#position = position;
    if (position === undefined) {
      const { snapshots, form } = this.#options;
      this.#snapshot = snapshots.join(form, () => queueMicrotask(this.wake));
    }
    this.wake();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [PULL](reader: Reader<WatchResponse>): void {
    this.#reader = reader;
    this.#stalledTicks = 0;
    this.wake();
  }

  next(): Promise<IteratorResult<WatchResponse>> {
    return toNext(this);
  }

  /** The call is over: it has ended, or the client has left. */
  return(): Promise<IteratorResult<WatchResponse>> {
    this.#finish();
    this.wake();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(): Promise<IteratorResult<WatchResponse>> {
    return this.return();
  }

  /** Give what there is, if it was asked for. */
  readonly wake = (): void => {
    const reader = this.#reader;
    if (reader === undefined) {
      return;
    }
    // What the feed takes in while this looks for a message wakes all watchers, this one too: a reader gets one message alone.
    this.#reader = undefined;
    const message = this.#isOver ? undefined : this.#take();
    if (message === undefined && this.isTaking) {
      this.#reader = reader;
      return;
    }
    if (message !== undefined) {
      reader.onResult({ done: false, value: message });
      return;
    }
    this.#finish();
    if (this.#error === undefined) {
      reader.onResult({ done: true, value: undefined });
    } else {
      reader.onError(this.#error);
    }
  };

  /** A second has passed: when it is woken next, it says up to when all is known, behind what there is. */
  tick(): void {
    this.#stalledTicks += this.#reader === undefined ? 1 : 0;
    if (this.#stalledTicks > MAX_STALLED_TICKS) {
      this.#isTooSlow = true;
      this.fail(tooSlow());
      return;
    }
    if (this.#snapshot?.state === "waiting") {
      this.send(this.#options.keepAlive);
    }
    this.#owesAlive = true;
  }

  /** Whether it takes messages, and does not end. */
  get isTaking(): boolean {
    return !this.#isOver && !this.#isClosing;
  }

  /** Send something to it alone. @returns false when it takes nothing more, or too much waits for it already */
  send(message: WatchResponse): boolean {
    if (!this.isTaking || this.#own.length >= MAX_OWN_MESSAGES) {
      return false;
    }
    this.#own.push(message);
    this.wake();
    return true;
  }

  /** Send a last message, after which it is to go on elsewhere, and end. */
  readonly drain = (): void => {
    if (this.isTaking) {
      this.#own.push(this.#options.drain);
      this.#isClosing = true;
      this.wake();
    }
  };

  /** End it with an error. */
  fail(error: AuthError): void {
    if (!this.#isOver) {
      this.#error = error;
      this.#finish();
      this.wake();
    }
  }

  #take(): WatchResponse | undefined {
    const own = this.#own.shift();
    return own !== undefined || this.#isClosing ? own : (this.#takePage() ?? this.#takeEntry());
  }

  #takePage(): WatchResponse | undefined {
    const page = this.#snapshot?.next();
    if (this.#snapshot?.state === "done") {
      this.#position = this.#snapshot.position;
      this.#snapshot = undefined;
    }
    return page;
  }

  #takeEntry(): WatchResponse | undefined {
    const { log, flush, toAlive } = this.#options.feed;
    if (this.#position === undefined) {
      return undefined;
    }
    if (this.#owesAlive && log.at(this.#position) === undefined) {
      flush();
    }
    if (this.#position < log.start) {
      this.#isTooSlow = true;
      this.#error = tooSlow();
      this.#finish();
      return undefined;
    }
    const entry = log.at(this.#position);
    if (entry !== undefined) {
      this.#position += 1;
      return entry(this.#options.form);
    }
    const isDue = this.#owesAlive;
    this.#owesAlive = false;
    return isDue ? toAlive() : undefined;
  }

  #finish(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#own = [];
      this.#snapshot?.leave();
      this.#options.onEnd(this.#isTooSlow);
    }
  }
}

function tooSlow(): AuthError {
  return new AuthError("RATE_LIMITED", "the feed was read too slowly: watch again, behind the last cursor", {
    retryAfterMs: 0,
  });
}
