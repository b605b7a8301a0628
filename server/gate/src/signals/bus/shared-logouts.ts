import { LRUCache } from "lru-cache";
import { AuthError } from "../../errors/auth-error.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { LogoutSink } from "../../logouts/logout-sink.ts";
import { assertRoomForLogouts } from "../../logouts/room-for-logouts.ts";
import { toRevoked } from "../../logouts/to-revoked.ts";
import { toPages } from "./pages.ts";
import type { Peers } from "./peers.ts";
import type { SharedRevocations } from "./shared-revocations.ts";

/** What {@link createSharedLogouts} needs. */
export interface SharedLogoutsOptions {
  readonly known: SharedRevocations;
  readonly publish: Peers["publish"];
  readonly clock: Clock;
}

/** About 10 MB. Of more, the oldest would act a second time, to the same effect. */
const MAX_EVENTS = 100_000;

/**
 * Create what takes logouts at one server, and tells all on the bus. No disk has them: they last as long as one of the servers
 * runs.
 */
export function createSharedLogouts({ known, publish, clock }: SharedLogoutsOptions): LogoutSink {
  /** Until when each event is known, in milliseconds since 1970. */
  const events = new LRUCache<string, number>({ max: MAX_EVENTS });
  return {
    async take({ key, expiresAtMs, revocations }) {
      const nowMs = clock.nowMs();
      if ((events.get(key) ?? 0) > nowMs) {
        return "repeated";
      }
      assertRoomForLogouts(known);
      const revoked = revocations.map((one) => toRevoked(one, nowMs));
      // Here it holds at once, also while the others cannot be told.
      known.learn(revoked, nowMs);
      const pages = toPages(revoked);
      for (const page of pages) {
        await publish({ kind: "revoked", revoked: page });
      }
      if (pages.flat().length < revoked.length) {
        throw new AuthError("AUTH_UNAVAILABLE", "the logout is too long to be told to the other servers");
      }
      events.set(key, expiresAtMs);
      return "taken";
    },
  };
}
