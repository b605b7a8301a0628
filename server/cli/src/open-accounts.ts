import { type Accounts, createAccounts, createPasswords } from "@countersign/issuer";
import { endStoredSessions, type StoreTools } from "./open-command-backend.ts";

/** Open the accounts of a store. */
export function openAccounts({ store, clock, audit }: StoreTools): Accounts {
  return createAccounts({
    ...{ store, clock, audit, passwords: createPasswords() },
    sessions: { end: (end) => endStoredSessions({ store, clock, audit }, end) },
  });
}
