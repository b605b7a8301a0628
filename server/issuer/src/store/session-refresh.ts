import { type Kysely, sql } from "kysely";
import type { ClientRecord } from "./clients.ts";
import { type CustomClaims, parseClaimsColumn } from "./custom-claims.ts";
import type { Store } from "./database.ts";
import type { Schema } from "./schema.ts";
import { type SessionRecord, type SessionUse, toSessionRecord } from "./session-record.ts";
import { parseTextList } from "./text-list.ts";

/** The scopes and roles that an account or a client has now. */
export interface Rights {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** What an account gives its tokens now. */
export interface AccountRights extends Rights {
  /** Normalized, as in the store. */
  readonly username: string;
  /** What its tokens say beside what the issuer puts in. */
  readonly claims: CustomClaims;
}

/** A session, and what those behind it allow now. */
export interface RefreshableSession {
  readonly session: SessionRecord;
  /** Its account; undefined when there is none, or it is disabled. */
  readonly account: AccountRights | undefined;
  /** Its client, if it is one that is registered; undefined when it is not, or is disabled. */
  readonly client: (Rights & Pick<ClientRecord, "grants">) | undefined;
}

/** Read a session with its account and client, if it is still stored: all that a refresh must know, in one query. */
export async function findRefreshableSession(
  store: Store,
  sessionId: string,
): Promise<RefreshableSession | undefined> {
  const row = await store.db
    .selectFrom("sessions")
    .leftJoin("accounts", (join) =>
      join.onRef("accounts.subject", "=", "sessions.subject").on("accounts.disabled_at", "is", null),
    )
    .leftJoin("clients", (join) =>
      join.onRef("clients.client_id", "=", "sessions.client_id").on("clients.disabled_at", "is", null),
    )
    .selectAll("sessions")
    .select([
      "accounts.scopes as account_scopes",
      "accounts.roles as account_roles",
      "accounts.claims as account_claims",
      "accounts.username as account_username",
    ])
    .select([
      "clients.scopes as client_scopes",
      "clients.roles as client_roles",
      "clients.grants as client_grants",
    ])
    .where("sessions.session_id", "=", sessionId)
    .executeTakeFirst();
  if (row === undefined) {
    return undefined;
  }
  const client = toRights(row.client_scopes, row.client_roles);
  return {
    session: toSessionRecord(row),
    account: toAccount(row),
    client:
      client === undefined ? undefined : { ...client, grants: parseTextList(row.client_grants ?? "[]") },
  };
}

interface AccountColumns {
  readonly account_scopes: string | null;
  readonly account_roles: string | null;
  readonly account_claims: string | null;
  readonly account_username: string | null;
}

function toAccount(row: AccountColumns): AccountRights | undefined {
  const rights = toRights(row.account_scopes, row.account_roles);
  const claims = parseClaimsColumn(row.account_claims);
  return rights && { ...rights, username: row.account_username ?? "", claims };
}

function toRights(scopes: string | null, roles: string | null): Rights | undefined {
  return scopes === null || roles === null
    ? undefined
    : { scopes: parseTextList(scopes), roles: parseTextList(roles) };
}

/** The replacement of a session's refresh token. */
export interface SessionRotation {
  readonly sessionId: string;
  /** The state that the replacement was worked out from: it is not made on any other. */
  readonly from: Pick<SessionRecord, "generation" | "refreshHash">;
  readonly refreshHash: string;
  readonly refreshId: string;
  readonly successorSealed: string;
  /** When the session ends if it is not refreshed again. Its absolute end may come first. */
  readonly idleExpiresAtMs: number;
  readonly nowMs: number;
  /** Where the replacement is asked for from. What is not known stays as it was. */
  readonly use: SessionUse;
}

/** A session that has just been rotated, and what its account allows. */
export interface RotatedSession {
  readonly session: SessionRecord;
  readonly account: Rights & Pick<AccountRights, "claims">;
}

/**
 * Replace a session's refresh token by one statement: compare, then set.
 *
 * @returns the session as it is now; undefined when it is no longer in the state that the replacement was worked out
 *   from
 */
export async function rotateSession(
  store: Store,
  rotation: SessionRotation,
): Promise<SessionRecord | undefined> {
  const row = await store.write((db) => update(db, rotation).returningAll().executeTakeFirst());
  return row === undefined ? undefined : toSessionRecord(row);
}

/**
 * Replace the refresh token of a session of an account by the very statement that finds out whether that is in order:
 * one way to the database and back.
 *
 * @returns undefined when it is not in order, for whatever reason; nothing has changed then
 */
export async function rotateAccountSession(
  store: Store,
  clientId: string,
  rotation: SessionRotation,
): Promise<RotatedSession | undefined> {
  const account = sql`from accounts where accounts.subject = sessions.subject and accounts.disabled_at is null`;
  const row = await store.write((db) =>
    update(db, rotation)
      .where("client_id", "=", clientId)
      .where("external_issuer", "is", null)
      // Whether the issuer still gives out tokens for them must be found out.
      .where("resources", "is", null)
      .where("idle_expires_at", ">", rotation.nowMs)
      .where("absolute_expires_at", ">", rotation.nowMs)
      .where(sql<boolean>`exists (select 1 ${account})`)
      .returningAll()
      // SQLite returns nothing of other tables, but what a subquery says.
      .returning(sql<string>`(select scopes ${account})`.as("account_scopes"))
      .returning(sql<string>`(select roles ${account})`.as("account_roles"))
      .returning(sql<string | null>`(select claims ${account})`.as("account_claims"))
      .executeTakeFirst(),
  );
  if (row === undefined) {
    return undefined;
  }
  const [scopes, roles] = [parseTextList(row.account_scopes), parseTextList(row.account_roles)];
  const claims = parseClaimsColumn(row.account_claims);
  return { session: toSessionRecord(row), account: { scopes, roles, claims } };
}

function update(db: Kysely<Schema>, { sessionId, from, nowMs, use, ...rotation }: SessionRotation) {
  const idleEndMs = rotation.idleExpiresAtMs;
  return db
    .updateTable("sessions")
    .set({
      generation: from.generation + 1,
      refresh_hash: rotation.refreshHash,
      refresh_id: rotation.refreshId,
      successor_sealed: rotation.successorSealed,
      superseded_at: nowMs,
      refreshed_at: nowMs,
      idle_expires_at: sql`case when absolute_expires_at < ${idleEndMs} then absolute_expires_at else ${idleEndMs} end`,
      // The name that the client gave at its sign-in stays.
      device: sql`coalesce(device, ${use.device ?? null})`,
      address: sql`coalesce(${use.address ?? null}, address)`,
    })
    .where("session_id", "=", sessionId)
    .where("generation", "=", from.generation)
    .where("refresh_hash", "=", from.refreshHash)
    .where("revoked_at", "is", null);
}
