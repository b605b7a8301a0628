import { LRUCache } from "lru-cache";
import type { RevocationCheck } from "../authenticate/authenticator.ts";
import type { Clock } from "../kernel/clock.ts";
import { createRevocationListeners } from "../revoked/revocation-listeners.ts";
import type { Revoked } from "../revoked/revoked.ts";
import { createRevokedSet } from "../revoked/revoked-set.ts";
import type { LogoutSink } from "./logout-sink.ts";
import { assertRoomForLogouts } from "./room-for-logouts.ts";
import { toRevoked } from "./to-revoked.ts";

/** What has ended, in the memory of one process. */
export interface LogoutMemory extends LogoutSink, RevocationCheck {
  /** How many revocations are remembered. */
  readonly size: number;
}

/** What {@link createLogoutMemory} needs. */
export interface LogoutMemoryOptions {
  readonly clock: Clock;
  /** Takes what a listener throws. */
  readonly onError: (error: unknown) => void;
}

/** About 10 MB. Only providers that are trusted add to it; of more, the oldest would act a second time, to the same effect. */
const MAX_EVENTS = 100_000;

/** Create a memory of logouts. It is empty when the process starts: tokens that were refused before are good until they expire. */
export function createLogoutMemory({ clock, onError }: LogoutMemoryOptions): LogoutMemory {
  const set = createRevokedSet();
  const listeners = createRevocationListeners<Revoked>(onError);
  /** Until when each event is known, in milliseconds since 1970. */
  const events = new LRUCache<string, number>({ max: MAX_EVENTS });
  return {
    async take({ key, expiresAtMs, revocations }) {
      const nowMs = clock.nowMs();
      if ((events.get(key) ?? 0) > nowMs) {
        return "repeated";
      }
      set.forget(nowMs);
      assertRoomForLogouts(set);
      events.set(key, expiresAtMs);
      listeners.notify(revocations.map((one) => toRevoked(one, nowMs)).filter((revoked) => set.add(revoked)));
      return "taken";
    },
    isRevoked: (principal) => set.covers(principal),
    changesOf: (principal) => set.changesOf(principal),
    onRevoked: (listener) => listeners.add(listener),
    get size() {
      return set.size;
    },
  };
}
