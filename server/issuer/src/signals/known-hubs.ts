import type { MessageBus } from "@countersign/server";
import { isGone } from "@countersign/server/internal";
import { toHubChannel } from "./hub-messages.ts";

/** The other hubs that are there, as far as they have published it. */
export interface KnownHubs {
  /** All of them. */
  list(): readonly string[];
  /** Check whether one is known. */
  has(hub: string): boolean;
  /** One has said something. */
  add(hub: string): void;
  /** One is gone, or silent: it is known again when it says something. */
  readonly forget: (hub: string) => void;
  /** Look up whether one is gone, and forget it then. Where that cannot be known, it has its time. */
  readonly lookUp: (hub: string) => void;
}

/** More than anybody runs: what is more is of hubs that were killed, and the oldest of them is forgotten. */
const MAX_HUBS = 100;

/** Create an empty list. @param onForgotten called with each that is forgotten */
export function createKnownHubs(bus: MessageBus, onForgotten: (hub: string) => void): KnownHubs {
  const known = new Set<string>();
  const lookUps = new Set<string>();
  const forget = (hub: string): void => {
    if (known.delete(hub)) {
      onForgotten(hub);
    }
  };
  const lookUp = async (hub: string): Promise<void> => {
    lookUps.add(hub);
    const isNowGone = await isGone(bus, toHubChannel(hub));
    lookUps.delete(hub);
    if (isNowGone) {
      forget(hub);
    }
  };
  return {
    list: () => [...known],
    has: (hub) => known.has(hub),
    add(hub) {
      // The one that was silent for longest is the first.
      known.delete(hub);
      known.add(hub);
      const [oldest] = known;
      if (known.size > MAX_HUBS && oldest !== undefined) {
        forget(oldest);
      }
    },
    forget,
    lookUp(hub) {
      if (!lookUps.has(hub)) {
        void lookUp(hub);
      }
    },
  };
}
