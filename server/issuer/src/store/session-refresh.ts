import type { ClientRecord } from "./clients.ts";
import { type CustomClaims, parseClaimsColumn } from "./custom-claims.ts";
import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRecord } from "./session-record.ts";
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
