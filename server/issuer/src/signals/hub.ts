import type { WatchResponse } from "@countersign/gen/countersign/auth/v1/signal_pb.js";
import { AuthError, type Cancel, type Clock, type FeedServed } from "@countersign/server";
import { repeat } from "@countersign/server/internal";
import { encode, encodeRevocations } from "./encode-revocations.ts";
import type { FeedEpoch } from "./feed-epoch.ts";
import type { SignalFeed } from "./signal-feed.ts";
import type { SignalLimits } from "./signal-limits.ts";
import type { SubjectForm } from "./signal-log.ts";
import { createSnapshots } from "./snapshots.ts";
import { createWakeUps } from "./wake-ups.ts";
import type { Fleet, WatchedServers } from "./watched-servers.ts";
import { Watcher } from "./watcher.ts";

/** Who watches, and what it knows. */
export interface WatchOrder extends Fleet {
  readonly serverId: string;
  /** The epoch of what it knows; empty: it knows nothing. */
  readonly epoch: string;
  /** The cursor up to which it knows. */
  readonly after: bigint;
  readonly form: SubjectForm;
}

/** Serves the feed to all that watch. */
export interface Hub {
  /** Watch. @throws AuthError `RATE_LIMITED` when there are too many */
  watch(order: WatchOrder): Watcher;
  /** End all of them, since the cursors that they have are of no use any more. */
  restart(): void;
  /** End all of them, for they are to go on elsewhere. Those that come later end at once. */
  close(): void;
  /** How many watch. */
  readonly size: number;
}

/** What {@link createHub} needs. */
export interface HubOptions {
  readonly feed: SignalFeed;
  readonly epoch: FeedEpoch;
  readonly servers: WatchedServers;
  readonly limits: SignalLimits;
  readonly clock: Clock;
  /** Called when one watches no more. */
  readonly onEnd: (watcher: Watcher) => void;
  /** Observes what is done. It must not throw. Absent: nothing is. */
  readonly onServed: ((served: FeedServed) => void) | undefined;
  /** The key that watchers hash subjects with. */
  readonly subjectKey: () => Uint8Array;
}

/** How often watchers are sent a message at the least, in milliseconds. */
const ALIVE_EVERY_MS = 1_000;

/** How long the store has for showing what another server has seen in it already, in milliseconds. */
const LOOK_MS = 1_000;

/** How long a server waits that found no place here, in milliseconds. */
const FULL_RETRY_MS = 5_000;

/** Create the hub. */
export function createHub(options: HubOptions): Hub {
  const { feed, epoch, servers, limits, clock, onServed } = options;
  const watchers = new Set<Watcher>();
  const { wakeAll } = createWakeUps(watchers);
  const keepAlive = encodeRevocations([], 0n, { issuer: "" });
  const drain = encode({ case: "drain", value: {} });
  let stopTicking: Cancel | undefined;
  let isClosed = false;
  const snapshots = createSnapshots({
    maxReaders: limits.maxSnapshots,
    begin(form) {
      onServed?.({ kind: "snapshot", count: 1 });
      return feed.beginSnapshot(form);
    },
    isInLog: (position) => position >= feed.log.start,
  });
  feed.listen({
    onNews(count) {
      if (watchers.size > 0) {
        onServed?.({ kind: "delivery", count: count * watchers.size });
        wakeAll();
      }
    },
    onRestart: () => void epoch.renew(),
  });
  const tick = (): void => {
    for (const watcher of watchers) {
      watcher.tick();
    }
    wakeAll();
  };
  const begin = (form: SubjectForm, isSnapshot: boolean): WatchResponse => {
    const key = form === "hashed" ? { subjectKey: options.subjectKey() } : {};
    return encode({ case: "begin", value: { epoch: epoch.current, isSnapshot, ...key } });
  };
  const start = (watcher: Watcher, { form, epoch: known, after }: WatchOrder): void => {
    const position = known === epoch.current ? feed.log.find(after) : undefined;
    const unwritten = position === undefined ? undefined : feed.toUnwritten(form);
    const first = [begin(form, position === undefined), ...(unwritten === undefined ? [] : [unwritten])];
    watcher.start(first, position);
  };
  const add = (order: WatchOrder): Watcher => {
    const { form, serverId, clientId, audience } = order;
    const watcher = new Watcher({
      feed,
      snapshots,
      form,
      keepAlive,
      drain,
      onEnd(isTooSlow) {
        observeEnd(onServed, isTooSlow);
        watchers.delete(watcher);
        servers.remove(server);
        options.onEnd(watcher);
        if (watchers.size === 0) {
          stopTicking?.();
          stopTicking = undefined;
        }
      },
    });
    const server = { serverId, clientId, audience, watcher };
    onServed?.({ kind: "watch", count: 1 });
    watchers.add(watcher);
    servers.add(server);
    stopTicking ??= repeat(clock, tick, ALIVE_EVERY_MS);
    return watcher;
  };
  return {
    watch(order) {
      assertRoom(watchers.size, limits);
      const watcher = add(order);
      if (isClosed) {
        watcher.drain();
      } else if (order.epoch === epoch.current && order.after > feed.log.cursor) {
        // Another server has read further already.
        void within(clock, feed.lookNow(), LOOK_MS).then(() => start(watcher, order));
      } else {
        start(watcher, order);
      }
      if (order.epoch !== "" && order.epoch !== epoch.current) {
        epoch.lookAgain();
      }
      return watcher;
    },
    restart() {
      for (const watcher of watchers) {
        watcher.fail(createRestartError());
      }
    },
    close() {
      isClosed = true;
      for (const watcher of watchers) {
        watcher.drain();
      }
    },
    get size() {
      return watchers.size;
    },
  };
}

/** @throws AuthError `RATE_LIMITED` when as many watch as may */
function assertRoom(watching: number, { maxWatchers }: SignalLimits): void {
  if (watching >= maxWatchers) {
    throw new AuthError("RATE_LIMITED", "too many servers watch already", { retryAfterMs: FULL_RETRY_MS });
  }
}

function observeEnd(onServed: HubOptions["onServed"], isTooSlow: boolean): void {
  onServed?.({ kind: "watch_end", count: 1 });
  if (isTooSlow) {
    onServed?.({ kind: "watch_dropped", count: 1 });
  }
}

function createRestartError(): AuthError {
  return new AuthError("AUTH_UNAVAILABLE", "the store has another history than before: watch again", {
    retryAfterMs: 0,
  });
}

/** Wait for something that does not fail, but no longer than that. */
function within(clock: Clock, done: Promise<void>, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.schedule(resolve, waitMs);
    void done.then(() => {
      cancel();
      resolve();
    });
  });
}
