import { type Clients, createClients } from "@countersign/issuer";
import { insertRevocations, toNewRevocation } from "@countersign/issuer/internal";
import { endStoredSessions, type StoreTools } from "./open-command-backend.ts";

/** Open the clients of a store. */
export function openClients({ store, clock, audit }: StoreTools): Clients {
  return createClients({
    ...{ store, clock, audit },
    sessions: { end: (end) => endStoredSessions({ store, clock, audit }, end) },
    revocations: {
      revoke: (order) => insertRevocations(store, [toNewRevocation(order, { nowMs: clock.nowMs() })]),
    },
  });
}
