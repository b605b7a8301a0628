import type { Clock, LogoutRevocation, LogoutSink } from "@countersign/server";
import type { Store } from "../store/database.ts";
import { writeLogout } from "../store/logout-events.ts";
import { boundChange, type NewRevocation } from "../store/revocations.ts";
import { createUnwrittenError } from "../store/unwritten-revocations.ts";
import type { Revocations } from "./revocations.ts";

/** What {@link createLogoutSink} needs. */
export interface LogoutSinkOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly revocations: Pick<Revocations, "learn" | "hold">;
}

/**
 * Create what writes the logouts of other providers into the store: they act here at once, and on other servers within a
 * second. One that cannot be written acts all the same, and its provider learns that it must send it again.
 */
export function createLogoutSink({ store, clock, revocations: known }: LogoutSinkOptions): LogoutSink {
  return {
    async take({ key, expiresAtMs, revocations }) {
      const nowMs = clock.nowMs();
      const orders = revocations.map((one) => toNewRevocation(one, nowMs));
      // Client assertions are remembered in the same table.
      const message = { key: `logout ${key}`, expiresAtMs };
      const written = await writeLogout(store, message, { revocations: orders, nowMs }).catch(
        (error: unknown) => {
          const held = known.hold(orders.map((order) => ({ ...order, endsSession: false })));
          throw held === undefined ? error : createUnwrittenError(error);
        },
      );
      known.learn(written ?? []);
      return written === undefined ? "repeated" : "taken";
    },
  };
}

function toNewRevocation(revocation: LogoutRevocation, revokedAtMs: number): NewRevocation {
  const { issuer, dimension, value, beforeMs, maxLifeMs: minLifeMs, reason } = revocation;
  const changedClaims = boundChange(revocation.changedClaims);
  return { issuer, dimension, value, beforeMs, revokedAtMs, minLifeMs, reason, changedClaims };
}
