import type { Store } from "./database.ts";
import { type SessionRecord, toSessionRecord } from "./session-record.ts";
import { parseTextList } from "./text-list.ts";

/** What an account may have done with it now. */
export interface AccountRights {
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** A session, and what its account allows. */
export interface RefreshableSession {
  readonly session: SessionRecord;
  /** Undefined when there is no such account any more, or it is disabled. */
  readonly account: AccountRights | undefined;
}

/** Read a session with its account, if it is still stored: all that a refresh must know, in one query. */
export async function findRefreshableSession(
  store: Store,
  sessionId: string,
): Promise<RefreshableSession | undefined> {
  const row = await store.db
    .selectFrom("sessions")
    .leftJoin("accounts", "accounts.subject", "sessions.subject")
    .selectAll("sessions")
    .select([
      "accounts.scopes as account_scopes",
      "accounts.roles as account_roles",
      "accounts.disabled_at as account_disabled_at",
    ])
    .where("sessions.session_id", "=", sessionId)
    .executeTakeFirst();
  if (row === undefined) {
    return undefined;
  }
  const { account_scopes: scopes, account_roles: roles, account_disabled_at: disabledAtMs } = row;
  const isLive = scopes !== null && roles !== null && disabledAtMs === null;
  const account = isLive ? { scopes: parseTextList(scopes), roles: parseTextList(roles) } : undefined;
  return { session: toSessionRecord(row), account };
}
