import { backoffMs } from "../kernel/backoff.ts";
import type { WatchCommand, WatchEvent } from "./watch-events.ts";

/** How long a hub may say nothing, in milliseconds: it says something every second. */
export const SILENCE_MS = 5_000;

/** How long it may take to get a token before a hub is asked, in milliseconds. */
const TOKEN_MS = 10_000;

/** How long a watch must go well before all failures before it are forgotten, in milliseconds. */
const STABLE_MS = 10_000;

/** All of a wait is random: a thousand servers lose a hub at the same moment. */
const BACKOFF = { firstMs: 2_000, maxMs: 10_000, jitter: 1 };

interface Watch {
  readonly number: number;
  readonly hub: number;
  /** When it is given up if the hub sends nothing. */
  silentAtMs: number;
  /** When all was known with it for the first time; undefined: not yet. */
  aliveSinceMs: number | undefined;
  /** When another one is to take its place; Infinity: that is under way. */
  replaceAtMs: number;
}

/** Decides which hub is watched, and when. */
export interface WatchPlan {
  /** Take in what has happened. Whatever is due by then happens first. */
  take(event: WatchEvent, nowMs: number): readonly WatchCommand[];
  /** When it wants to know that time has passed; Infinity: never. */
  readonly wakeAtMs: number;
  /** How many watches have failed in a row. */
  readonly failures: number;
  /** The number of the watch with which all is known; undefined: there is none. */
  readonly serving: number | undefined;
}

/** What a plan is made with. */
export interface WatchPlanOptions {
  /** How many hubs there are. */
  readonly hubs: number;
  /** Draws from 0 up to 1. */
  readonly random: () => number;
}

/**
 * Create the plan of a server that watches one hub at a time, and for a moment two: a new watch takes the place of the
 * former once all is known with it. It reads no clock and does nothing by itself.
 */
export function createWatchPlan({ hubs, random }: WatchPlanOptions): WatchPlan {
  return new Plan(hubs, random);
}

/** A class: it has state that lives as long as the server. */
class Plan implements WatchPlan {
  readonly #hubs: number;
  readonly #random: () => number;
  #watches: readonly Watch[] = [];
  /** The next one to open, and when. */
  #waiting: { readonly hub: number; readonly atMs: number } | undefined;
  #opened = 0;
  failures = 0;

  constructor(hubs: number, random: () => number) {
    this.#hubs = hubs;
    this.#random = random;
  }

  get wakeAtMs(): number {
    const times = this.#watches.map(({ silentAtMs, replaceAtMs }) => Math.min(silentAtMs, replaceAtMs));
    return Math.min(this.#waiting?.atMs ?? Infinity, ...times);
  }

  get serving(): number | undefined {
    return this.#findServing()?.number;
  }

  take(event: WatchEvent, nowMs: number): readonly WatchCommand[] {
    const before = this.#passTime(nowMs);
    // What comes of a watch that has just been given up comes too late.
    const after = event.kind === "timer" ? [] : this.#happen(event, nowMs);
    return [...before, ...after];
  }

  #happen(event: Exclude<WatchEvent, { kind: "timer" }>, nowMs: number): readonly WatchCommand[] {
    if (event.kind === "start") {
      return this.#open(Math.floor(this.#random() * this.#hubs), nowMs);
    }
    if (event.kind === "replace") {
      return this.#replaceNow(nowMs);
    }
    const watch = this.#find(event.watch);
    if (watch === undefined) {
      return [];
    }
    switch (event.kind) {
      case "asked":
      case "received":
        watch.silentAtMs = nowMs + SILENCE_MS;
        return [];
      case "alive":
        return this.#comeAlive(watch, event.replaceAfterMs, nowMs);
      case "drain":
        return this.#leave(watch, nowMs);
      case "token_refused":
        return this.#reopen(watch, nowMs);
      case "ended":
        return this.#lose(watch, event.retryAfterMs, nowMs);
      default:
        return event satisfies never;
    }
  }

  #passTime(nowMs: number): readonly WatchCommand[] {
    const commands: WatchCommand[] = [];
    for (const watch of this.#watches) {
      if (watch.silentAtMs <= nowMs) {
        commands.push({ kind: "close", watch: watch.number, why: "silent" });
        commands.push(...this.#lose(watch, undefined, nowMs));
      } else if (watch.aliveSinceMs !== undefined && nowMs - watch.aliveSinceMs >= STABLE_MS) {
        this.failures = watch.number === this.#opened ? 0 : this.failures;
      }
    }
    const waiting = this.#waiting;
    if (waiting !== undefined && waiting.atMs <= nowMs) {
      commands.push(...this.#open(waiting.hub, nowMs));
    }
    for (const watch of this.#watches) {
      if (watch.replaceAtMs <= nowMs) {
        watch.replaceAtMs = Infinity;
        commands.push(...this.#openBeside(watch.hub, nowMs));
      }
    }
    return commands;
  }

  #findServing(): Watch | undefined {
    return this.#watches.find(({ aliveSinceMs }) => aliveSinceMs !== undefined);
  }

  #find(number: number): Watch | undefined {
    return this.#watches.find((watch) => watch.number === number);
  }

  #open(hub: number, nowMs: number): readonly WatchCommand[] {
    this.#waiting = undefined;
    this.#opened += 1;
    const number = this.#opened;
    const silentAtMs = nowMs + TOKEN_MS;
    const watch = { number, hub, silentAtMs, aliveSinceMs: undefined, replaceAtMs: Infinity };
    this.#watches = [...this.#watches, watch];
    return [{ kind: "open", watch: number, hub }];
  }

  /** Open another one, unless that is under way. */
  #openBeside(hub: number, nowMs: number): readonly WatchCommand[] {
    return this.#isReopening() ? [] : this.#open(hub, nowMs);
  }

  /** One is being opened, or waits for its time. */
  #isReopening(): boolean {
    return (
      this.#waiting !== undefined || this.#watches.some(({ aliveSinceMs }) => aliveSinceMs === undefined)
    );
  }

  #replaceNow(nowMs: number): readonly WatchCommand[] {
    const serving = this.#findServing();
    const opening = this.#watches.filter(({ aliveSinceMs }) => aliveSinceMs === undefined);
    const hub = (opening[0] ?? serving)?.hub;
    this.#watches = this.#watches.filter((watch) => watch === serving);
    const closed = opening.map(({ number: watch }) => ({ kind: "close", watch, why: "replaced" }) as const);
    // Before the start, and while a watch waits for its time, no request has the former audience.
    return [...closed, ...(hub === undefined ? [] : this.#openBeside(hub, nowMs))];
  }

  #comeAlive(watch: Watch, replaceAfterMs: number, nowMs: number): readonly WatchCommand[] {
    watch.silentAtMs = nowMs + SILENCE_MS;
    if (watch.aliveSinceMs !== undefined) {
      return [];
    }
    watch.aliveSinceMs = nowMs;
    watch.replaceAtMs = nowMs + replaceAfterMs;
    const former = this.#watches.filter((other) => other !== watch);
    this.#watches = [watch];
    this.#waiting = undefined;
    return former.map(({ number }) => ({ kind: "close", watch: number, why: "replaced" }) as const);
  }

  /** The hub stops: another one is opened beside the watch, which goes on until it ends. */
  #leave(watch: Watch, nowMs: number): readonly WatchCommand[] {
    if (watch.aliveSinceMs === undefined) {
      const close = { kind: "close", watch: watch.number, why: "replaced" } as const;
      return [close, ...this.#lose(watch, undefined, nowMs)];
    }
    watch.replaceAtMs = Infinity;
    if (this.#isReopening()) {
      return [];
    }
    this.failures += 1;
    const hub = this.#after(watch.hub);
    // A hub that stops as soon as it is asked must not be asked in a loop.
    return this.failures === 1 ? this.#open(hub, nowMs) : this.#openLater(hub, undefined, nowMs);
  }

  #lose(watch: Watch, retryAfterMs: number | undefined, nowMs: number): readonly WatchCommand[] {
    this.#watches = this.#watches.filter((other) => other !== watch);
    if (this.#isReopening()) {
      return [];
    }
    this.failures += 1;
    return this.#openLater(this.#after(watch.hub), retryAfterMs, nowMs);
  }

  /** The hub is well, and the next token is another: it is asked at once, but not in a loop. */
  #reopen(watch: Watch, nowMs: number): readonly WatchCommand[] {
    if (watch.aliveSinceMs === undefined || this.failures > 0) {
      return this.#lose(watch, undefined, nowMs);
    }
    this.#watches = this.#watches.filter((other) => other !== watch);
    this.failures += 1;
    return this.#openBeside(watch.hub, nowMs);
  }

  /** The other hubs are tried at once, and then each after a while. */
  #openLater(hub: number, retryAfterMs: number | undefined, nowMs: number): readonly WatchCommand[] {
    if (this.failures < this.#hubs) {
      return this.#open(hub, nowMs);
    }
    const delayMs = backoffMs(BACKOFF, this.failures - this.#hubs + 1, this.#random());
    // Others were given the same time.
    this.#waiting = { hub, atMs: nowMs + (retryAfterMs ?? 0) + delayMs };
    return [];
  }

  #after(hub: number): number {
    return (hub + 1) % this.#hubs;
  }
}
