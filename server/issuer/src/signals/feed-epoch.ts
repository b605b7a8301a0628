import { randomBytes } from "node:crypto";
import type { Clock } from "@countersign/server";
import type { Store } from "../store/database.ts";
import { findSetting, keepSetting } from "../store/store-settings.ts";

/** The name of the history that cursors count in, the same at all servers on a store. */
export interface FeedEpoch {
  /** What it is now. */
  readonly current: string;
  /** Find it, or make the first one. @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be read */
  start(): Promise<void>;
  /** The history is another one: have a new epoch, or the one that another server has made for it. */
  renew(): Promise<void>;
  /** Another server may have made a new one: look, but not too often. */
  lookAgain(): void;
  /** Try no more to write an epoch that the store has not taken. */
  close(): void;
}

/** What {@link createFeedEpoch} needs. */
export interface FeedEpochOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Called when it is another one. */
  readonly onChange: () => void;
}

const NAME = "signal_epoch";

/** How often the store is asked, in milliseconds. */
const LOOK_EVERY_MS = 5_000;

/** Create the keeper of the epoch. */
export function createFeedEpoch({ store, clock, onChange }: FeedEpochOptions): FeedEpoch {
  let current = "";
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  const change = (epoch: string): void => {
    if (epoch !== current) {
      current = epoch;
      onChange();
    }
  };
  /** A store that cannot be written keeps no epoch: this server then has one of its own until it can. */
  const keep = async (epoch: string, replaces?: string): Promise<string> => {
    try {
      return (await keepSetting(store, { name: NAME, value: epoch, replaces })).kept;
    } catch {
      clock.schedule(() => void retry(epoch, replaces), LOOK_EVERY_MS);
      return epoch;
    }
  };
  const retry = async (epoch: string, replaces?: string): Promise<void> => {
    if (!isClosed) {
      change(await keep(epoch, replaces));
    }
  };
  return {
    get current() {
      return current;
    },
    async start() {
      current = (await findSetting(store, NAME)) ?? (await keep(createEpoch()));
    },
    async renew() {
      change(await keep(createEpoch(), current));
    },
    lookAgain() {
      const nowMs = clock.monotonicMs();
      if (nowMs - lookedAtMs >= LOOK_EVERY_MS) {
        lookedAtMs = nowMs;
        findSetting(store, NAME).then(
          (found) => change(found ?? current),
          () => undefined, // the feed reports that the store is away
        );
      }
    },
    close() {
      isClosed = true;
    },
  };
}

function createEpoch(): string {
  return randomBytes(16).toString("base64url");
}
