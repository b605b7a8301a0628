import { AuthError } from "@countersign/server";
import type { SessionRecord } from "../store/session-record.ts";
import { findRefreshableSession, type RefreshableSession } from "../store/session-refresh.ts";
import { endSessions, tryToEndSessions } from "./end-sessions.ts";
import { parseRefreshToken } from "./refresh-token.ts";
import { type NextTokens, rotateAsFound, rotateAtOnce } from "./rotate.ts";
import { decideRotation, type RefreshAttempt, type RotationDecision } from "./rotation.ts";
import { grantScopes } from "./scopes.ts";
import { sessionKeyOf } from "./session-key.ts";
import { FIRST_PARTY_CLIENT_ID, type SessionContext } from "./session-options.ts";
import { findRights, type SessionRights } from "./session-rights.ts";
import { unsealSuccessor } from "./successor.ts";
import { narrowAudience } from "./token-audience.ts";
import { type ClaimsGrant, claimsOf } from "./token-claims.ts";
import { type IssuedTokens, issueTokens, type TokenWish } from "./tokens.ts";

/** Asks for the next tokens of a session. */
export interface RefreshInput extends Partial<TokenWish> {
  readonly refreshToken: string;
  /** The client's name for this attempt: the same when it is repeated. Empty when it has none. */
  readonly refreshId: string;
  /** Who asks. Default: {@link FIRST_PARTY_CLIENT_ID}. */
  readonly clientId?: string;
  /** For the access token alone, of those that the session has (RFC 6749 §6). Default: all that it has. */
  readonly scopes?: readonly string[];
  /** For the access token alone, of those that the session is for (RFC 8707 §2.2). Default: all of them. */
  readonly resources?: readonly string[] | undefined;
}

/** Each attempt loses only to another's success, so more than a few mean that something else is wrong. */
const MAX_ATTEMPTS = 8;

/** An attempt, with what it asks for. */
type Attempt = RefreshAttempt & TokenWish;

/** What has been found out about an attempt: tokens, or undefined when its session changed meanwhile. */
type Outcome = IssuedTokens | undefined;

/**
 * Exchange a refresh token for the next tokens of its session (RFC 9700 §4.14.2).
 *
 * @throws AuthError `REFRESH_TOKEN_INVALID` when the token is forged, expired or another client's, or the issuer or
 *   client behind the session no longer allows it
 * @throws AuthError `SESSION_REVOKED` when the session was ended, with metadata `cause: reuse_detected` when a
 *   refresh token of it was used twice
 * @throws AuthError `DPOP_PROOF_INVALID` when the session is bound to a key that is not the one of `binding`; the token stays good
 * @throws AuthError `INSUFFICIENT_SCOPE` when a scope is asked for that the session does not have; the token stays good
 * @throws InvalidTargetError when a resource is asked for that the session is not for; the token stays good
 * @throws AuthError `AUTH_UNAVAILABLE` when the store cannot be used, or the claims of the token cannot be had; the token
 *   stays good
 */
export async function refreshTokens(context: SessionContext, input: RefreshInput): Promise<IssuedTokens> {
  const {
    refreshId,
    clientId = FIRST_PARTY_CLIENT_ID,
    scopes = [],
    resources,
    maxAccessTtlMs,
    binding,
    use,
  } = input;
  const token = parseRefreshToken(context.macKey, input.refreshToken);
  if (token === undefined) {
    throw invalidToken();
  }
  const endReason = context.revocations.endReasonOf?.(token.sessionId);
  if (endReason !== undefined) {
    throw sessionRevoked(endReason);
  }
  const nowMs = context.clock.nowMs();
  const wish = { scopes, resources, maxAccessTtlMs, binding, use };
  const attempt = {
    ...wish,
    token,
    refreshId,
    clientId,
    jwkThumbprint: sessionKeyOf(clientId, binding),
    nowMs,
  };
  // A wish is looked at, and a hook asked, before anything changes: what cannot be granted must not cost the token.
  const isPlain = scopes.length === 0 && (resources ?? []).length === 0 && context.tokenClaims === undefined;
  const tokens = isPlain ? await rotateAtOnce(context, attempt) : undefined;
  return tokens ?? (await refreshAsFound(context, attempt));
}

/** Read the session, decide, and act if it is still as it was read. */
async function refreshAsFound(context: SessionContext, attempt: Attempt): Promise<IssuedTokens> {
  for (let attempts = 0; attempts < MAX_ATTEMPTS; attempts++) {
    const found = await findRefreshableSession(context.store, attempt.token.sessionId);
    const current = { ...attempt, nowMs: context.clock.nowMs() };
    const decision = decideRotation(found?.session, current);
    const tokens = await carryOut(context, current, { ...decision, found });
    if (tokens !== undefined) {
      return tokens;
    }
  }
  throw new AuthError("AUTH_UNAVAILABLE", "the session is being refreshed too often at the same time");
}

type Decided = RotationDecision & { readonly found: RefreshableSession | undefined };

async function carryOut(context: SessionContext, attempt: Attempt, decided: Decided): Promise<Outcome> {
  switch (decided.kind) {
    case "rotate": {
      const next = await findNextTokens(context, attempt, { ...decided, type: "refresh" });
      return rotateAsFound(context, attempt, next);
    }
    case "repeat": {
      const next = await findNextTokens(context, attempt, { ...decided, type: "refresh" });
      return repeat(context, attempt, { ...decided, next });
    }
    case "reuse":
      return endAfterReuse(context, decided.session);
    case "unproven":
      throw unproven(attempt, decided.jwkThumbprint);
    case "revoked":
      throw sessionRevoked(decided.reason);
    case "invalid":
      throw invalidToken();
    default:
      return decided satisfies never;
  }
}

/** The session that goes on, and what it goes on by. */
interface NextGrant extends Pick<Decided, "found"> {
  readonly session: SessionRecord;
  /** What the hook of claims is told. */
  readonly type: ClaimsGrant["type"];
}

/**
 * Find out what a session goes on with.
 *
 * @throws AuthError or InvalidTargetError, as `refreshTokens`
 */
export async function findNextTokens(
  context: SessionContext,
  attempt: Pick<Attempt, "scopes" | "resources" | "nowMs">,
  { session, found, type }: NextGrant,
): Promise<NextTokens> {
  const rights = await liveRightsOf(context, attempt, { found });
  const { subject, clientId, sessionId, external, actor } = session;
  const { roles } = rights;
  const scopes = grantScopes(attempt.scopes, rights.scopes);
  const audience = narrowAudience(attempt.resources, session.resources, context);
  if (audience.length === 0) {
    // Not ended: a resource that was taken out of the settings by mistake can be put back.
    throw invalidToken();
  }
  const username = external === undefined ? found?.account?.username : undefined;
  const claims = await claimsOf(context.tokenClaims, {
    type,
    subject,
    account: username === undefined ? undefined : { subject, username },
    clientId,
    sessionId,
    scopes,
    roles,
    audience,
    external: external && { ...external, claims: undefined },
    actor,
    claims: rights.claims,
  });
  return { rights: { ...rights, scopes, claims }, audience };
}

async function repeat(
  context: SessionContext,
  { token, binding, maxAccessTtlMs }: Attempt,
  {
    session,
    successorSealed,
    next,
  }: { readonly session: SessionRecord; readonly successorSealed: string; readonly next: NextTokens },
): Promise<IssuedTokens> {
  const predecessor = { ...token, jwkThumbprint: session.key?.jwkThumbprint };
  const refreshToken = unsealSuccessor(context.successorKey, predecessor, successorSealed);
  if (refreshToken === undefined) {
    throw invalidToken();
  }
  return issueTokens(context, { ...next, session, refreshToken, binding, maxAccessTtlMs });
}

async function endAfterReuse(context: SessionContext, session: SessionRecord): Promise<never> {
  const { sessionId, subject, clientId } = session;
  const { sessionIds } = await tryToEndSessions(context, { where: { sessionId }, reason: "reuse" });
  if (sessionIds.length > 0) {
    context.audit.record({ type: "refresh_reuse", subject, sessionId, clientId });
  }
  throw sessionRevoked("reuse");
}

/** A session ends with its account, and with the terms that it began on. */
async function liveRightsOf(
  context: SessionContext,
  { nowMs }: Pick<Attempt, "nowMs">,
  { found }: Pick<Decided, "found">,
): Promise<SessionRights> {
  const rights = found === undefined ? undefined : findRights(found, context.externalTerms);
  if (rights !== undefined && nowMs < rights.endsAtMs) {
    return rights;
  }
  if (found !== undefined && found.session.external === undefined) {
    const { subject } = found.session;
    await endSessions(context, { where: { subject }, reason: "account_disabled" });
    throw sessionRevoked("account_disabled");
  }
  // Not ended: a setting that was changed by mistake can be changed back.
  throw invalidToken();
}

function invalidToken(): AuthError {
  return new AuthError("REFRESH_TOKEN_INVALID", "the refresh token is not valid");
}

function unproven({ jwkThumbprint: got }: Attempt, expected: string): AuthError {
  return new AuthError(
    "DPOP_PROOF_INVALID",
    "the session is bound to a key, and the call has no proof of it",
    {
      facts: {
        check: got === undefined ? "proof_missing" : "proof",
        expected: `a key of thumbprint ${expected}`,
        got,
      },
    },
  );
}

function sessionRevoked(reason: string): AuthError {
  const metadata = reason === "reuse" ? { cause: "reuse_detected" } : {};
  return new AuthError("SESSION_REVOKED", "the session has been revoked", { metadata });
}
