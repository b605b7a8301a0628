import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { Clock } from "../kernel/clock.ts";
import { createHubClock, type HubClock } from "./hub-clock.ts";
import { createKnownRevocations, type KnownRevocations } from "./known-revocations.ts";
import { SignalsError } from "./signals-error.ts";
import { SILENCE_MS } from "./watch-plan.ts";

/** Where a watch goes on. */
export interface FeedPosition {
  /** The history that is known; empty: none is. */
  readonly epoch: string;
  /** Up to where. */
  readonly after: bigint;
}

/** What a message of a hub means for its watch. */
export type FeedEvent = "received" | "alive" | "drain" | "late";

/** What hubs say, put together. */
export interface Feed {
  readonly known: KnownRevocations;
  /** Where the next watch goes on. */
  readonly position: FeedPosition;
  /** When the store was read whose news are all known, by the monotonic clock; NaN: that has not been yet. */
  readonly readAtMs: number;
  /**
   * Read what a hub says on one watch.
   *
   * @param watch its number: of two watches, the later one says where to go on once all is known with it
   * @returns takes each message. It throws SignalsError when the hub does not speak as it should
   */
  read(watch: number): (message: WatchResponse) => FeedEvent;
}

/** What a feed is made with. */
export interface FeedOptions {
  readonly clock: Clock;
  /** Takes what a listener throws. */
  readonly onError: (error: unknown) => void;
}

/** Create the feed of a server. It knows nothing at first. */
export function createFeed({ clock, onError }: FeedOptions): Feed {
  const state: FeedState = {
    clock,
    known: createKnownRevocations(onError),
    position: { epoch: "", after: 0n },
    readAtMs: Number.NaN,
    hubNowMs: Number.NEGATIVE_INFINITY,
    leader: 0,
  };
  return {
    known: state.known,
    get position() {
      return state.position;
    },
    get readAtMs() {
      return state.readAtMs;
    },
    read(watch) {
      const reader = new FeedReader(state, watch);
      return (message) => reader.take(message);
    },
  };
}

interface FeedState {
  readonly clock: Clock;
  readonly known: KnownRevocations;
  position: FeedPosition;
  readAtMs: number;
  /** The latest time that a hub has shown, in milliseconds since 1970. */
  hubNowMs: number;
  /** The watch that says where to go on. */
  leader: number;
}

/** What is said on one watch. A class: it has state that lives as long as the watch. */
class FeedReader {
  readonly #state: FeedState;
  readonly #watch: number;
  readonly #asked: FeedPosition;
  readonly #hubClock: HubClock = createHubClock();
  #subjectKey: Uint8Array = new Uint8Array();
  /** Undefined: the feed has not begun. */
  #epoch: string | undefined;
  /** Whether all up to the last Alive is known with this watch: not while a snapshot comes. */
  #isComplete = false;

  constructor(state: FeedState, watch: number) {
    this.#state = state;
    this.#watch = watch;
    this.#asked = state.position;
  }

  take({ kind: message }: WatchResponse): FeedEvent {
    switch (message.case) {
      case "begin":
        this.#begin(message.value.epoch, message.value.isSnapshot);
        this.#subjectKey = message.value.subjectKey;
        return "received";
      case "revocations":
        this.#needBegin();
        this.#state.known.learn(message.value.revocations, this.#earliestNowMs(), this.#subjectKey);
        if (message.value.cursor > 0n && this.#isComplete) {
          this.#goOnBehind(message.value.cursor);
        }
        return "received";
      case "alive":
        return this.#comeAlive(
          message.value.cursor,
          Number(message.value.readAtMs),
          Number(message.value.ageMs),
        );
      case "renewal":
        return "received";
      case "drain":
        return "drain";
      case undefined:
        // What it says may be what is revoked.
        throw new SignalsError("protocol", "the hub says what this server does not understand: update it");
      default:
        return message satisfies never;
    }
  }

  #begin(epoch: string, isSnapshot: boolean): void {
    if (epoch === "" || (!isSnapshot && epoch !== this.#asked.epoch)) {
      throw new SignalsError("protocol", "the hub goes on with a history that was not asked for");
    }
    this.#epoch = epoch;
    this.#isComplete = false;
  }

  #needBegin(): string {
    if (this.#epoch === undefined) {
      throw new SignalsError("protocol", "the hub does not say which history its feed is of");
    }
    return this.#epoch;
  }

  #comeAlive(cursor: bigint, readAtMs: number, ageMs: number): FeedEvent {
    const state = this.#state;
    const nowMs = state.clock.monotonicMs();
    const readAtLocalMs = this.#hubClock.toLocalMs({ readAtMs, ageMs }, nowMs);
    this.#needBegin();
    this.#isComplete = true;
    this.#goOnBehind(cursor);
    state.readAtMs = Math.max(readAtLocalMs, Number.isNaN(state.readAtMs) ? readAtLocalMs : state.readAtMs);
    state.hubNowMs = Math.max(state.hubNowMs, readAtMs + ageMs);
    state.known.forget(this.#earliestNowMs());
    return nowMs - readAtLocalMs - ageMs > SILENCE_MS ? "late" : "alive";
  }

  /** Two watches may be open for a moment: the older one says no more where to go on. */
  #goOnBehind(cursor: bigint): void {
    const state = this.#state;
    if (this.#watch >= state.leader) {
      state.leader = this.#watch;
      state.position = { epoch: this.#needBegin(), after: cursor };
    }
  }

  /** A clock that is set wrong makes no server forget too early. */
  #earliestNowMs(): number {
    return Math.min(this.#state.hubNowMs, this.#state.clock.nowMs());
  }
}
