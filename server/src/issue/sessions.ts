import type { AccountRecord } from "../store/accounts.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { findSession, insertSession, listLiveSessions, type SessionPage } from "../store/sessions.ts";
import { endSessions, type SessionEnd } from "./end-sessions.ts";
import { type RefreshInput, refreshTokens } from "./refresh.ts";
import { createRefreshToken, createSessionId, hashRefreshToken } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import { resolveSessionsOptions, type SessionContext, type SessionsOptions } from "./session-options.ts";
import { type IssuedTokens, issueTokens } from "./tokens.ts";

/** A new session, of somebody who has just proved who they are. */
export interface NewSession {
  readonly account: Pick<AccountRecord, "subject" | "scopes" | "roles">;
  /** The client that the session is for. */
  readonly clientId: string;
  /** The scopes that are asked for; none: all that the account has. */
  readonly scopes: readonly string[];
  /** How long the access token is to last at the most, in milliseconds. Default: as long as the issuer's last. */
  readonly maxAccessTtlMs?: number | undefined;
}

/** Begins, carries on and ends sessions. */
export interface Sessions {
  /**
   * Begin a session.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the account does not have
   */
  begin(session: NewSession): Promise<IssuedTokens>;
  /** Exchange a refresh token for the next tokens: see {@link refreshTokens} for what it throws. */
  refresh(input: RefreshInput): Promise<IssuedTokens>;
  /** List the sessions of a subject that can still be refreshed, newest first. */
  list(page: Omit<SessionPage, "nowMs">): Promise<readonly SessionRecord[]>;
  /** Find a session, ended or not. */
  find(sessionId: string): Promise<SessionRecord | undefined>;
  /** End sessions. @returns the sessions that this call ended */
  end(end: SessionEnd): Promise<readonly string[]>;
}

/**
 * Create the keeper of sessions. It holds no state of its own: any number of servers may share a store.
 *
 * @throws TypeError when an option makes no sense
 */
export function createSessions(options: SessionsOptions): Sessions {
  const context = resolveSessionsOptions(options);
  return {
    begin: (session) => beginSession(context, session),
    refresh: (input) => refreshTokens(context, input),
    list: (page) => listLiveSessions(context.store, { ...page, nowMs: context.clock.nowMs() }),
    find: (sessionId) => findSession(context.store, sessionId),
    end: (end) => endSessions(context, end),
  };
}

async function beginSession(context: SessionContext, input: NewSession): Promise<IssuedTokens> {
  const { account, clientId, maxAccessTtlMs } = input;
  const nowMs = context.clock.nowMs();
  const sessionId = createSessionId();
  const token = createRefreshToken(context.macKey, sessionId, 0);
  const absoluteExpiresAtMs = nowMs + context.absoluteTtlMs;
  const session: SessionRecord = {
    sessionId,
    subject: account.subject,
    clientId,
    scopes: grantScopes(input.scopes, account.scopes),
    authTimeMs: nowMs,
    refreshHash: hashRefreshToken(token),
    generation: 0,
    refreshId: "",
    successorSealed: undefined,
    supersededAtMs: undefined,
    createdAtMs: nowMs,
    refreshedAtMs: nowMs,
    idleExpiresAtMs: Math.min(nowMs + context.idleTtlMs, absoluteExpiresAtMs),
    absoluteExpiresAtMs,
    revokedAtMs: undefined,
    revokeReason: undefined,
  };
  await insertSession(context.store, session);
  context.audit.record({ type: "sign_in", subject: account.subject, sessionId, clientId });
  const { roles } = account;
  return issueTokens(context, { session, roles, refreshToken: token.text, maxAccessTtlMs });
}
