import { systemClock } from "../clock.ts";
import { type Clients, createClients } from "../credentials/clients.ts";
import { endSessions } from "../issue/end-sessions.ts";
import type { AuditSink } from "../operate/audit.ts";
import { toNewRevocation } from "../revoke/revocation-order.ts";
import type { Store } from "../store/database.ts";
import { insertRevocations } from "../store/revocations.ts";

/**
 * Open the clients of a store for a command. Servers that run on the same store learn from it of what is revoked.
 *
 * @param audit who is told of what happens to clients and their sessions
 */
export function openClients(store: Store, audit: AuditSink): Clients {
  const context = { store, clock: systemClock, audit, revocations: { learn: () => {} } };
  return createClients({
    store,
    clock: systemClock,
    audit,
    sessions: { end: (end) => endSessions(context, end) },
    revocations: {
      revoke: (order) => insertRevocations(store, [toNewRevocation(order, systemClock.nowMs())]),
    },
  });
}
