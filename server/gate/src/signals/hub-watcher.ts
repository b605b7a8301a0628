import type { Renewal, WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import type { Cancel, Clock } from "../kernel/clock.ts";
import type { AccessToken, AccessTokenSource } from "./access-token.ts";
import type { Feed, FeedEvent } from "./feed.ts";
import type { HubCalls } from "./hub-calls.ts";
import { createProblemReports, type ProblemReports } from "./problem-reports.ts";
import { SignalsError } from "./signals-error.ts";
import type { WatchCommand, WatchEvent } from "./watch-events.ts";
import { createWatchPlan, type WatchPlan } from "./watch-plan.ts";

/** What a {@link HubWatcher} is made with. */
export interface HubWatcherOptions {
  readonly hubs: readonly URL[];
  readonly serverId: string;
  readonly hashSubjects: boolean;
  /** The audience of the servers that go by the signals. */
  readonly audience: () => string;
  readonly clock: Clock;
  readonly calls: HubCalls;
  readonly tokens: AccessTokenSource;
  readonly feed: Feed;
  /** Draws from 0 up to 1. */
  readonly random: () => number;
  readonly onAlive: () => void;
  readonly onRenewal: (renewal: Renewal) => void;
  readonly onError: (error: SignalsError) => void;
}

/** A hub that is watched, and the token that it takes. */
export interface ServingHub {
  readonly hub: URL;
  readonly token: AccessToken;
}

/** Watches a hub. */
export interface HubWatcher {
  /** Begin. */
  start(): void;
  /** The audience is another: say so to the hub. */
  replace(): void;
  /** The hub with which all is known; undefined: there is none just now. */
  readonly serving: ServingHub | undefined;
  /** Report that calls are refused, because nothing is known since long ago. @param readAtMs NaN: nothing ever was */
  reportStale(readAtMs: number): void;
  /** Stop. */
  close(): void;
}

/** The part of a token's life after which another watch is opened with the next: random, so that servers spread. */
const REPLACE_AFTER = { least: 0.6, spread: 0.3 };

/** Create what watches hubs, one at a time. */
export function createHubWatcher(options: HubWatcherOptions): HubWatcher {
  return new Watcher(options);
}

interface OpenWatch {
  readonly hub: URL;
  readonly end: AbortController;
  token: AccessToken | undefined;
}

/** A class: it has state that lives as long as the server. */
class Watcher implements HubWatcher {
  readonly #options: HubWatcherOptions;
  readonly #plan: WatchPlan;
  readonly #reports: ProblemReports;
  readonly #open = new Map<number, OpenWatch>();
  #cancelTimer: Cancel = () => {};
  #wakeAtMs = Infinity;
  #isClosed = false;

  constructor(options: HubWatcherOptions) {
    this.#options = options;
    this.#plan = createWatchPlan({ hubs: options.hubs.length, random: options.random });
    this.#reports = createProblemReports(options.onError);
  }

  start(): void {
    this.#happen({ kind: "start" });
  }

  replace(): void {
    this.#happen({ kind: "replace" });
  }

  get serving(): ServingHub | undefined {
    const open = this.#open.get(this.#plan.serving ?? Number.NaN);
    return open?.token === undefined ? undefined : { hub: open.hub, token: open.token };
  }

  reportStale(readAtMs: number): void {
    if (!Number.isNaN(readAtMs) && !this.#isClosed) {
      const message = "what is revoked is not known any more: calls are refused until a hub answers";
      this.#reports.failed(new SignalsError("stale", message), true);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelTimer();
    for (const { end } of this.#open.values()) {
      end.abort();
    }
    this.#open.clear();
  }

  #happen(event: WatchEvent): void {
    if (this.#isClosed) {
      return;
    }
    for (const command of this.#plan.take(event, this.#options.clock.monotonicMs())) {
      this.#run(command);
    }
    this.#setTimer();
  }

  /** One timer, which is set anew only where it would come too late: each message, and one comes every second, moves it away. */
  #setTimer(): void {
    const { wakeAtMs } = this.#plan;
    if (wakeAtMs >= this.#wakeAtMs) {
      return;
    }
    const { clock } = this.#options;
    this.#cancelTimer();
    this.#wakeAtMs = wakeAtMs;
    this.#cancelTimer = clock.schedule(
      () => {
        this.#wakeAtMs = Infinity;
        this.#happen({ kind: "timer" });
      },
      Math.max(0, wakeAtMs - clock.monotonicMs()),
    );
  }

  #run(command: WatchCommand): void {
    const { watch } = command;
    if (command.kind === "open") {
      const hub = this.#options.hubs[command.hub];
      if (hub !== undefined) {
        const open: OpenWatch = { hub, end: new AbortController(), token: undefined };
        this.#open.set(watch, open);
        void this.#watch(watch, open);
      }
      return;
    }
    const open = this.#open.get(watch);
    this.#open.delete(watch);
    open?.end.abort();
    if (open !== undefined && command.why === "silent") {
      const message = `${open.hub.origin} has said nothing for too long`;
      this.#reportFailure(new SignalsError("silent", message));
    }
  }

  async #watch(watch: number, open: OpenWatch): Promise<void> {
    let failure: SignalsError | undefined;
    try {
      await this.#call(watch, open);
      failure = this.#plan.serving === watch ? undefined : createEarlyEnd(open.hub);
    } catch (error) {
      failure = toSignalsError(error, open.hub);
    }
    // One that was closed before is none of the plan's any more, and why it ended says nothing.
    if (this.#open.delete(watch)) {
      this.#end(watch, failure);
    }
    open.end.abort();
  }

  #end(watch: number, failure: SignalsError | undefined): void {
    if (failure?.problem === "refused" && this.#plan.serving === watch) {
      // A hub that has served with the token takes the next one: an operator has nothing to do.
      this.#happen({ kind: "token_refused", watch });
      return;
    }
    if (failure?.problem === "draining") {
      this.#happen({ kind: "drain", watch });
    }
    this.#happen({ kind: "ended", watch, retryAfterMs: failure?.retryAfterMs });
    this.#reportFailure(failure);
  }

  #reportFailure(error: SignalsError | undefined): void {
    if (error !== undefined && error.problem !== "draining") {
      this.#reports.failed(error, this.#plan.failures > this.#options.hubs.length);
    }
  }

  async #call(watch: number, open: OpenWatch): Promise<void> {
    const { tokens, calls, feed, serverId, hashSubjects, audience } = this.#options;
    const token = await tokens.get();
    const { signal } = open.end;
    signal.throwIfAborted();
    open.token = token;
    this.#happen({ kind: "asked", watch });
    const { epoch, after } = feed.position;
    const read = feed.read(watch);
    const request = { serverId, epoch, after, audience: audience(), hashSubjects };
    const call = { hub: open.hub, accessToken: token.token, signal };
    try {
      await calls.watch(request, call, (message) => this.#receive(watch, message, read));
    } catch (error) {
      if (error instanceof SignalsError && error.problem === "refused") {
        tokens.forget(token);
      }
      throw error;
    }
  }

  #receive(watch: number, message: WatchResponse, read: (message: WatchResponse) => FeedEvent): void {
    // What was due before this came happens before: a watch that was silent for too long is over.
    this.#happen({ kind: "timer" });
    const isOpen = this.#open.has(watch);
    // A hub that is watched no more still revokes tokens for good, but it no longer says that this server knows everything.
    if (!isOpen && message.kind.case !== "revocations") {
      return;
    }
    const event = read(message);
    if (event === "alive") {
      this.#happen({ kind: "alive", watch, replaceAfterMs: this.#replaceAfterMs(watch) });
      this.#reports.recovered();
      this.#options.onAlive();
    } else if (event !== "late") {
      this.#happen({ kind: event, watch });
    }
    if (message.kind.case === "renewal") {
      this.#options.onRenewal(message.kind.value);
    }
  }

  #replaceAfterMs(watch: number): number {
    const token = this.#open.get(watch)?.token;
    const { clock, random } = this.#options;
    const leftMs = (token?.expiresAtMs ?? 0) - clock.monotonicMs();
    return Math.max(0, leftMs) * (REPLACE_AFTER.least + REPLACE_AFTER.spread * random());
  }
}

/** A watch may end at any time, but one that never brings anything is of no use. */
function createEarlyEnd(hub: URL): SignalsError {
  return new SignalsError("unreachable", `${hub.origin} ends the feed before all is known`);
}

function toSignalsError(error: unknown, hub: URL): SignalsError {
  return error instanceof SignalsError
    ? error
    : new SignalsError("unreachable", `the call of ${hub.origin} failed`, { cause: error });
}
