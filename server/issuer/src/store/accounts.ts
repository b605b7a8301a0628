import type { Kysely, Selectable } from "kysely";
import { type CustomClaims, parseClaimsColumn, toClaimsColumn } from "./custom-claims.ts";
import type { Store } from "./database.ts";
import type { AccountTable } from "./schema/accounts.ts";
import type { Schema } from "./schema.ts";
import { parseTextList, toTextList } from "./text-list.ts";

/**
 * An account that can sign in with a password. Times are milliseconds since 1970.
 *
 * The hash of the password is not among them, and is not read either: operators log accounts.
 */
export interface AccountRecord {
  /** Random, and never used again: it is claim `sub`. */
  readonly subject: string;
  /** Normalized, for lookups: see `normalizeUsername`. */
  readonly username: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** What its access tokens say beside what the issuer puts in. */
  readonly claims: CustomClaims;
  readonly disabledAtMs: number | undefined;
  readonly createdAtMs: number;
}

/** An account with the hash of its password, which only those get who check or replace it. */
export interface AccountWithPassword extends AccountRecord {
  /** A PHC string. */
  readonly passwordHash: string;
}

/** The columns of an {@link AccountRecord}. */
const COLUMNS = ["subject", "username", "scopes", "roles", "claims", "disabled_at", "created_at"] as const;

/**
 * Add an account.
 *
 * @returns false when the username is taken
 */
export async function insertAccount(store: Store, account: AccountWithPassword): Promise<boolean> {
  const result = await store.db
    .insertInto("accounts")
    .values(toRow(account))
    .onConflict((conflict) => conflict.column("username").doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/** Find an account by its normalized username. */
export async function findAccountByUsername(
  store: Store,
  username: string,
): Promise<AccountRecord | undefined> {
  const query = store.db.selectFrom("accounts").select(COLUMNS).where("username", "=", username);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Find an account by its normalized username, to check its password. */
export async function findAccountWithPassword(
  store: Store,
  username: string,
): Promise<AccountWithPassword | undefined> {
  const query = store.db.selectFrom("accounts").selectAll().where("username", "=", username);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : { ...toRecord(row), passwordHash: row.password_hash };
}

/** Find an account by its subject. */
export async function findAccountBySubject(
  store: Store,
  subject: string,
): Promise<AccountRecord | undefined> {
  const query = store.db.selectFrom("accounts").select(COLUMNS).where("subject", "=", subject);
  const row = await query.executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Read an account that is about to be changed, and keep others from changing it until the transaction is over. */
export async function lockAccount(
  { db, dialect }: Pick<Store, "db" | "dialect">,
  subject: string,
): Promise<AccountRecord | undefined> {
  const query = db.selectFrom("accounts").select(COLUMNS).where("subject", "=", subject);
  const row = await (dialect === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** The replacement of the hash of a password. */
export interface PasswordHashChange {
  readonly subject: string;
  /** The hash that the password was checked against; undefined: whichever it is, also of an account that is disabled. */
  readonly from?: string;
  readonly to: string;
}

/**
 * Replace the password of an account by one statement: compare, then set.
 *
 * @returns false when the account is gone; with `from`, also when it has another password by now or is disabled
 */
export async function replacePasswordHash(
  db: Kysely<Schema>,
  { subject, from, to }: PasswordHashChange,
): Promise<boolean> {
  const replaced = db.updateTable("accounts").set({ password_hash: to }).where("subject", "=", subject);
  const compared =
    from === undefined
      ? replaced
      : replaced.where("password_hash", "=", from).where("disabled_at", "is", null);
  const result = await compared.executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** What may change about an account. What is not named stays. */
export interface AccountChange {
  readonly scopes?: readonly string[] | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly claims?: CustomClaims | undefined;
  /** When it was disabled; null to enable it. */
  readonly disabledAtMs?: number | null | undefined;
}

/**
 * Change an account.
 *
 * @param change names one thing at the least
 * @returns the account as it is now; undefined when there is none
 */
export async function updateAccount(
  { db }: Pick<Store, "db">,
  subject: string,
  { scopes, roles, claims, disabledAtMs }: AccountChange,
): Promise<AccountRecord | undefined> {
  const row = await db
    .updateTable("accounts")
    // Kysely leaves out what is undefined.
    .set({
      scopes: scopes && toTextList(scopes),
      roles: roles && toTextList(roles),
      claims: claims && toClaimsColumn(claims),
      disabled_at: disabledAtMs,
    })
    .where("subject", "=", subject)
    .returning(COLUMNS)
    .executeTakeFirst();
  return row === undefined ? undefined : toRecord(row);
}

/** Delete an account. */
export async function deleteAccount(store: Store, subject: string): Promise<void> {
  await store.db.deleteFrom("accounts").where("subject", "=", subject).execute();
}

/** List every account by username. */
export async function listAccounts(store: Store): Promise<readonly AccountRecord[]> {
  return (await store.db.selectFrom("accounts").select(COLUMNS).orderBy("username").execute()).map(toRecord);
}

function toRow(account: AccountWithPassword): Selectable<AccountTable> {
  return {
    subject: account.subject,
    username: account.username,
    password_hash: account.passwordHash,
    scopes: toTextList(account.scopes),
    roles: toTextList(account.roles),
    claims: toClaimsColumn(account.claims),
    disabled_at: account.disabledAtMs ?? null,
    created_at: account.createdAtMs,
  };
}

function toRecord(row: Pick<Selectable<AccountTable>, (typeof COLUMNS)[number]>): AccountRecord {
  return {
    subject: row.subject,
    username: row.username,
    scopes: parseTextList(row.scopes),
    roles: parseTextList(row.roles),
    claims: parseClaimsColumn(row.claims),
    disabledAtMs: row.disabled_at ?? undefined,
    createdAtMs: row.created_at,
  };
}
