import type { AccountRecord } from "../store/accounts.ts";
import type { Actor, Authentication, ExternalSubject } from "../store/session-record.ts";
import type { SessionSponsor } from "../store/sessions.ts";
import { storeSession, toClientSponsor } from "./new-session.ts";
import { createRefreshToken, createSessionId, hashRefreshToken } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import type { SessionContext } from "./session-options.ts";
import { type IssuedTokens, issueTokens, type TokenHolder, type TokenWish } from "./tokens.ts";

/** An account as it was when its owner proved who they are. */
export interface ProvenAccount extends Pick<AccountRecord, "subject" | "scopes" | "roles"> {
  /** The hash of the password that was the proof. Absent: the proof was another, such as a passkey. */
  readonly passwordHash?: string;
}

/** A new session of an account, whose owner has just proved who they are. */
export interface NewSession extends TokenWish {
  /**
   * The session does not begin when the account has been disabled or removed since the proof, or when the password that
   * was the proof has been replaced.
   */
  readonly account: ProvenAccount;
  /** The client that the session is for. */
  readonly clientId: string;
  /** What the owner proved it with: claim `amr` (RFC 8176). Default: not said. */
  readonly amr?: readonly string[];
}

/** A new session of a subject that another issuer vouches for. */
export interface NewExternalSession extends Authentication, TokenWish {
  /** Who it is here, and the most that it can be granted. */
  readonly holder: TokenHolder;
  readonly external: ExternalSubject;
  /** The client that the session is for: the first-party one, or one that is registered. */
  readonly clientId: string;
  /** Who acts for the subject; undefined: the subject itself. */
  readonly actor?: Actor | undefined;
  /** How long the session may be refreshed, in milliseconds. */
  readonly refreshForMs: number;
}

/** Begin a session of an account. */
export async function beginSession(context: SessionContext, input: NewSession): Promise<IssuedTokens> {
  const { account, clientId, amr, maxAccessTtlMs, use } = input;
  const { subject, passwordHash, roles } = account;
  const scopes = grantScopes(input.scopes, account.scopes);
  const grant = { ...use, subject, clientId, scopes, amr, authTimeMs: context.clock.nowMs() };
  const sponsor = { subject, passwordHash };
  return begin(context, { grant, roles, lifeMs: context.absoluteTtlMs, sponsor, maxAccessTtlMs });
}

/** Begin a session that is carried on without its issuer: what was granted is all that there will be. */
export async function beginExternalSession(
  context: SessionContext,
  input: NewExternalSession,
): Promise<IssuedTokens> {
  const { holder, external, clientId, authTimeMs, acr, amr, actor, refreshForMs } = input;
  const { subject, roles } = holder;
  const scopes = grantScopes(input.scopes, holder.scopes);
  const grant = { ...input.use, subject, clientId, scopes, roles, external, authTimeMs, acr, amr, actor };
  const lifeMs = Math.min(context.absoluteTtlMs, refreshForMs);
  const { maxAccessTtlMs } = input;
  return begin(context, { grant, roles, lifeMs, sponsor: toClientSponsor(clientId), maxAccessTtlMs });
}

interface Beginning extends Pick<TokenWish, "maxAccessTtlMs"> {
  readonly grant: Omit<
    Parameters<typeof storeSession>[1],
    "sessionId" | "nowMs" | "idleExpiresAtMs" | "absoluteExpiresAtMs"
  >;
  readonly roles: readonly string[];
  /** How long the session lasts at the most. */
  readonly lifeMs: number;
  readonly sponsor: SessionSponsor | undefined;
}

async function begin(
  context: SessionContext,
  { grant, roles, lifeMs, sponsor, maxAccessTtlMs }: Beginning,
): Promise<IssuedTokens> {
  const nowMs = context.clock.nowMs();
  const sessionId = createSessionId();
  const token = createRefreshToken(context.macKey, sessionId, 0);
  const absoluteExpiresAtMs = nowMs + lifeMs;
  const idleExpiresAtMs = Math.min(nowMs + context.idleTtlMs, absoluteExpiresAtMs);
  const start = { ...grant, sessionId, nowMs, idleExpiresAtMs, absoluteExpiresAtMs };
  const session = await storeSession(context, { ...start, refreshHash: hashRefreshToken(token) }, sponsor);
  return issueTokens(context, {
    session,
    rights: { scopes: session.scopes, roles, endsAtMs: absoluteExpiresAtMs },
    refreshToken: token.text,
    maxAccessTtlMs,
  });
}
