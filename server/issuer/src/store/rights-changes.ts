import type { Kysely } from "kysely";
import { type AccountChange, type AccountRecord, lockAccount, updateAccount } from "./accounts.ts";
import { type ClientChange, type ClientRecord, lockClient, updateClient } from "./clients.ts";
import type { Store } from "./database.ts";
import {
  announceRevocations,
  type NewRevocation,
  type RevocationRecord,
  writeRevocations,
} from "./revocations.ts";
import type { Schema } from "./schema.ts";

/** What has become of an account or a client. */
export interface ChangedRights<T> {
  /** As it is now. */
  readonly record: T;
  /** What the servers learn of it. */
  readonly revocations: readonly RevocationRecord[];
}

/** Works out what the servers are to learn. Asked while no other transaction can change the same. */
export type ToRevocations<T> = (before: T, after: T) => readonly NewRevocation[];

/** Change an account, and in the same transaction what its tokens of before say. @returns undefined: there is none */
export function changeAccount(
  store: Store,
  { subject, change }: { readonly subject: string; readonly change: AccountChange },
  toRevocations: ToRevocations<AccountRecord>,
): Promise<ChangedRights<AccountRecord> | undefined> {
  return changeRights(store, toRevocations, {
    lock: (db) => lockAccount({ db, dialect: store.dialect }, subject),
    update: (db) => updateAccount({ db }, subject, change),
  });
}

/** Change a client, as {@link changeAccount} does. */
export function changeClient(
  store: Store,
  { clientId, change }: { readonly clientId: string; readonly change: ClientChange },
  toRevocations: ToRevocations<ClientRecord>,
): Promise<ChangedRights<ClientRecord> | undefined> {
  return changeRights(store, toRevocations, {
    lock: (db) => lockClient({ db, dialect: store.dialect }, clientId),
    update: (db) => updateClient({ db }, clientId, change),
  });
}

/** What is done with the row of an account or a client. */
interface RowChange<T> {
  /** Read it, and keep others from changing it until the transaction is over. */
  lock(db: Kysely<Schema>): Promise<T | undefined>;
  update(db: Kysely<Schema>): Promise<T | undefined>;
}

async function changeRights<T>(
  store: Store,
  toRevocations: ToRevocations<T>,
  row: RowChange<T>,
): Promise<ChangedRights<T> | undefined> {
  const changed = await store.db.transaction().execute(async (trx) => {
    const before = await row.lock(trx);
    const record = before === undefined ? undefined : await row.update(trx);
    if (before === undefined || record === undefined) {
      return undefined;
    }
    const revocations = await writeRevocations(trx, store.dialect, toRevocations(before, record));
    return { record, revocations };
  });
  announceRevocations(store, changed?.revocations);
  return changed;
}
