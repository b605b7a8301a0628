import type { SessionRecord } from "../store/session-record.ts";
import { findSession, listLiveSessions, type SessionPage } from "../store/sessions.ts";
import {
  beginExternalSession,
  beginSession,
  type NewExternalSession,
  type NewSession,
} from "./begin-session.ts";
import { endSessions, type SessionEnd } from "./end-sessions.ts";
import { observeRefresh } from "./observe-refresh.ts";
import { proveAgain } from "./prove-again.ts";
import { type RefreshInput, refreshTokens } from "./refresh.ts";
import { resolveSessionsOptions, type SessionsOptions } from "./session-options.ts";
import type { IssuedTokens } from "./tokens.ts";

/** Begins, carries on and ends sessions. */
export interface Sessions {
  /**
   * Begin a session of an account.
   *
   * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the account does not have, and
   *   `CREDENTIALS_INVALID` when the account is disabled or gone, or its password was the proof and has been replaced
   */
  begin(session: NewSession): Promise<IssuedTokens>;
  /**
   * Begin a session of a subject that another issuer vouches for, to be refreshed without asking that issuer again.
   *
   * @throws AuthError as {@link begin}
   */
  beginExternal(session: NewExternalSession): Promise<IssuedTokens>;
  /** Exchange a refresh token for the next tokens: see `refreshTokens` for what it throws. */
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
  const { onRefresh, clock } = options;
  return {
    begin: async ({ sessionId, ...session }) =>
      (sessionId === undefined ? undefined : await proveAgain(context, { ...session, sessionId })) ??
      beginSession(context, session),
    beginExternal: (session) => beginExternalSession(context, session),
    refresh:
      onRefresh === undefined
        ? (input) => refreshTokens(context, input)
        : (input) => observeRefresh({ onRefresh, clock }, () => refreshTokens(context, input)),
    list: (page) => listLiveSessions(context.store, { ...page, nowMs: context.clock.nowMs() }),
    find: (sessionId) => findSession(context.store, sessionId),
    end: (end) => endSessions(context, end),
  };
}
