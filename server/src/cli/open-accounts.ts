import { systemClock } from "../clock.ts";
import { type Accounts, createAccounts } from "../credentials/accounts.ts";
import { createPasswords } from "../credentials/password.ts";
import { endSessions } from "../issue/end-sessions.ts";
import { type AuditSink, silentAudit } from "../operate/audit.ts";
import type { Store } from "../store/database.ts";

/**
 * Open the accounts of a store for a command. Servers that run on the same store learn of ended sessions from it.
 *
 * @param audit who is told of what happens to sessions
 */
export function openAccounts(store: Store, audit: AuditSink = silentAudit): Accounts {
  const context = { store, clock: systemClock, audit, revocations: { learn: () => {} } };
  return createAccounts({
    store,
    clock: systemClock,
    audit,
    passwords: createPasswords(),
    sessions: { end: (end) => endSessions(context, end) },
  });
}
