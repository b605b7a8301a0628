import { AuthError } from "../errors/auth-error.ts";
import { type AccountRights, findRefreshableSession } from "../store/refreshable-sessions.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { rotateSession } from "../store/sessions.ts";
import { endSessions } from "./end-sessions.ts";
import { createRefreshToken, hashRefreshToken, parseRefreshToken } from "./refresh-token.ts";
import { decideRotation, type RefreshAttempt, type RotationDecision } from "./rotation.ts";
import { grantScopes, narrowScopes } from "./scopes.ts";
import { FIRST_PARTY_CLIENT_ID, type SessionContext } from "./session-options.ts";
import { sealSuccessor, unsealSuccessor } from "./successor.ts";
import { type IssuedTokens, issueTokens } from "./tokens.ts";

/** Asks for the next tokens of a session. */
export interface RefreshInput {
  readonly refreshToken: string;
  /** The client's name for this attempt: the same when it is repeated. Empty when it has none. */
  readonly refreshId: string;
  /** Who asks. Default: {@link FIRST_PARTY_CLIENT_ID}. */
  readonly clientId?: string;
  /** Scopes for the access token alone, of those that the session has (RFC 6749 §6). Default: all that it has. */
  readonly scopes?: readonly string[];
  /** How long the access token is to last at the most, in milliseconds. Default: as long as the issuer's last. */
  readonly maxAccessTtlMs?: number | undefined;
}

/** Each try loses only to another's success, so more than a few mean that something else is wrong. */
const MAX_TRIES = 8;

/** An attempt, with the scopes that it asks for and what the session's account has now. */
interface Attempt extends RefreshAttempt {
  readonly scopes: readonly string[];
  readonly maxAccessTtlMs: number | undefined;
  /** Undefined when the account may not go on. */
  readonly account: AccountRights | undefined;
}

/** What has been found out about an attempt: tokens, or undefined when its session changed meanwhile. */
type Outcome = IssuedTokens | undefined;

/**
 * Exchange a refresh token for the next tokens of its session (RFC 9700 §4.14.2).
 *
 * @throws AuthError `REFRESH_TOKEN_INVALID` when the token is forged, expired or another client's
 * @throws AuthError `SESSION_REVOKED` when the session was ended, with metadata `cause: reuse_detected` when a
 *   refresh token of it was used twice
 * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the session does not have; the token stays good
 * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be used
 */
export async function refreshTokens(context: SessionContext, input: RefreshInput): Promise<IssuedTokens> {
  const { refreshId, clientId = FIRST_PARTY_CLIENT_ID, scopes = [], maxAccessTtlMs } = input;
  const token = parseRefreshToken(context.macKey, input.refreshToken);
  if (token === undefined) {
    throw invalidToken();
  }
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const { session, account } = (await findRefreshableSession(context.store, token.sessionId)) ?? {};
    const nowMs = context.clock.nowMs();
    const attempt = { token, refreshId, clientId, scopes, maxAccessTtlMs, account, nowMs };
    const tokens = await carryOut(context, attempt, decideRotation(session, attempt));
    if (tokens !== undefined) {
      return tokens;
    }
  }
  throw new AuthError("AUTH_UNAVAILABLE", "the session is being refreshed too often at the same time");
}

function carryOut(context: SessionContext, attempt: Attempt, decision: RotationDecision): Promise<Outcome> {
  switch (decision.kind) {
    case "rotate":
      return rotate(context, attempt, decision.session);
    case "repeat":
      return repeat(context, attempt, decision);
    case "reuse":
      return endAfterReuse(context, decision.session);
    case "revoked":
      throw sessionRevoked(decision.reason);
    case "invalid":
      throw invalidToken();
    default:
      return decision satisfies never;
  }
}

async function rotate(context: SessionContext, attempt: Attempt, session: SessionRecord): Promise<Outcome> {
  const { sessionId, absoluteExpiresAtMs } = session;
  const { nowMs, refreshId, maxAccessTtlMs } = attempt;
  const account = await liveAccountOf(context, session, attempt);
  // Before anything is changed: a wish that cannot be granted must not cost the token.
  const scopes = grantScopes(attempt.scopes, narrowScopes(session.scopes, account.scopes));
  const successor = createRefreshToken(context.macKey, sessionId, session.generation + 1);
  const idleExpiresAtMs = Math.min(nowMs + context.idleTtlMs, absoluteExpiresAtMs);
  const isRotated = await rotateSession(context.store, {
    sessionId,
    from: session,
    refreshHash: hashRefreshToken(successor),
    refreshId,
    successorSealed: sealSuccessor(context.successorKey, attempt.token, successor),
    idleExpiresAtMs,
    nowMs,
  });
  if (!isRotated) {
    return undefined;
  }
  const { subject, clientId } = session;
  context.audit.record({ type: "refresh", subject, sessionId, clientId });
  const { roles } = account;
  return issueTokens(context, {
    session: { ...session, scopes, idleExpiresAtMs },
    roles,
    refreshToken: successor.text,
    maxAccessTtlMs,
  });
}

async function repeat(
  context: SessionContext,
  attempt: Attempt,
  decision: RotationDecision & { readonly kind: "repeat" },
): Promise<Outcome> {
  const refreshToken = unsealSuccessor(context.successorKey, attempt.token, decision.successorSealed);
  if (refreshToken === undefined) {
    throw invalidToken();
  }
  const account = await liveAccountOf(context, decision.session, attempt);
  const granted = grantScopes(attempt.scopes, narrowScopes(decision.session.scopes, account.scopes));
  const { roles } = account;
  const { maxAccessTtlMs } = attempt;
  const session = { ...decision.session, scopes: granted };
  return issueTokens(context, { session, roles, refreshToken, maxAccessTtlMs });
}

async function endAfterReuse(context: SessionContext, session: SessionRecord): Promise<never> {
  const { sessionId, subject, clientId } = session;
  const ended = await endSessions(context, { where: { sessionId }, reason: "reuse" });
  if (ended.length > 0) {
    context.audit.record({ type: "refresh_reuse", subject, sessionId, clientId });
  }
  throw sessionRevoked("reuse");
}

/** A session does not outlive its account. */
async function liveAccountOf(
  context: SessionContext,
  session: SessionRecord,
  { account }: Attempt,
): Promise<AccountRights> {
  if (account !== undefined) {
    return account;
  }
  await endSessions(context, { where: { subject: session.subject }, reason: "account_disabled" });
  throw sessionRevoked("account_disabled");
}

function invalidToken(): AuthError {
  return new AuthError("REFRESH_TOKEN_INVALID", "the refresh token is not valid");
}

function sessionRevoked(reason: string): AuthError {
  const metadata = reason === "reuse" ? { cause: "reuse_detected" } : {};
  return new AuthError("SESSION_REVOKED", "the session has been revoked", { metadata });
}
