import { type AccountRecord, findAccountBySubject } from "../store/accounts.ts";
import { type CustomClaims, NO_CLAIMS } from "../store/custom-claims.ts";
import type { Actor, Authentication, ExternalSubject } from "../store/session-record.ts";
import type { SessionSponsor } from "../store/sessions.ts";
import { storeSession, toClientSponsor } from "./new-session.ts";
import { createRefreshToken, createSessionId, hashRefreshToken } from "./refresh-token.ts";
import { grantScopes } from "./scopes.ts";
import { sessionKeyOf } from "./session-key.ts";
import type { SessionContext } from "./session-options.ts";
import { grantResources, narrowAudience } from "./token-audience.ts";
import { type ClaimsGrant, claimsOf } from "./token-claims.ts";
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
  /** How well the owner proved it: claim `acr`, which rules can ask for (RFC 9470). Default: not said. */
  readonly acr?: string | undefined;
  /**
   * A session of the same account and client that is to go on with this proof, so that what is open under it stays open:
   * the answer has no refresh token then, since the one of before stays good. Where it cannot go on, another begins.
   * Default: another begins.
   */
  readonly sessionId?: string | undefined;
}

/** A new session of a subject that another issuer vouches for. */
export interface NewExternalSession extends Authentication, TokenWish {
  /** Who it is here, and the most that it can be granted. */
  readonly holder: TokenHolder;
  readonly external: ExternalSubject;
  /** The claims of that issuer's token, for option `claims`. Default: none are known. */
  readonly externalClaims?: Readonly<Record<string, unknown>> | undefined;
  /** Whether the session begins with an exchange of tokens (RFC 8693). Default: with a sign-in. */
  readonly type?: "sign_in" | "token_exchange" | undefined;
  /** The client that the session is for: the first-party one, or one that is registered. */
  readonly clientId: string;
  /** Who acts for the subject; undefined: the subject itself. */
  readonly actor?: Actor | undefined;
  /** How long the session may be refreshed, in milliseconds. */
  readonly refreshForMs: number;
}

/** Begin a session of an account. */
export async function beginSession(context: SessionContext, input: NewSession): Promise<IssuedTokens> {
  const { account, clientId, amr, acr, maxAccessTtlMs, binding, use } = input;
  const { subject, passwordHash, roles } = account;
  const scopes = grantScopes(input.scopes, account.scopes);
  const resources = grantResources(input.resources, context);
  const { username, claims } = await findClaims(context, subject);
  const grant = { ...use, subject, clientId, scopes, resources, acr, amr, authTimeMs: context.clock.nowMs() };
  return begin(context, {
    grant,
    roles,
    lifeMs: context.absoluteTtlMs,
    sponsor: { subject, passwordHash },
    maxAccessTtlMs,
    binding,
    about: { type: "sign_in", account: { subject, username }, external: undefined, claims },
  });
}

/** Read what is no part of the proof. */
async function findClaims(
  { store }: SessionContext,
  subject: string,
): Promise<Pick<AccountRecord, "claims" | "username">> {
  // An account that is gone begins no session, whatever is made of it here.
  return (await findAccountBySubject(store, subject)) ?? { username: "", claims: NO_CLAIMS };
}

/** Begin a session that is carried on without its issuer: what was granted is all that there will be. */
export async function beginExternalSession(
  context: SessionContext,
  input: NewExternalSession,
): Promise<IssuedTokens> {
  const { holder, external, clientId, authTimeMs, acr, amr, actor, refreshForMs, type = "sign_in" } = input;
  const { subject, roles } = holder;
  const scopes = grantScopes(input.scopes, holder.scopes);
  const resources = grantResources(input.resources, context);
  const origin = { roles, resources, external, authTimeMs, acr, amr, actor };
  return begin(context, {
    grant: { ...input.use, ...origin, subject, clientId, scopes },
    roles,
    lifeMs: Math.min(context.absoluteTtlMs, refreshForMs),
    sponsor: toClientSponsor(clientId),
    maxAccessTtlMs: input.maxAccessTtlMs,
    binding: input.binding,
    about: {
      type,
      account: undefined,
      external: { ...external, claims: input.externalClaims },
      claims: NO_CLAIMS,
    },
  });
}

interface Beginning extends Pick<TokenWish, "binding" | "maxAccessTtlMs"> {
  readonly grant: Omit<
    Parameters<typeof storeSession>[1],
    "sessionId" | "nowMs" | "key" | "idleExpiresAtMs" | "absoluteExpiresAtMs"
  >;
  readonly roles: readonly string[];
  /** How long the session lasts at the most. */
  readonly lifeMs: number;
  readonly sponsor: SessionSponsor | undefined;
  /** What a hook is told beside. */
  readonly about: Pick<ClaimsGrant, "type" | "account" | "external"> & { readonly claims: CustomClaims };
}

async function begin(
  context: SessionContext,
  { grant, roles, lifeMs, sponsor, maxAccessTtlMs, binding, about }: Beginning,
): Promise<IssuedTokens> {
  const sessionId = createSessionId();
  const { subject, clientId, scopes, resources, actor } = grant;
  const audience = narrowAudience(undefined, resources, context);
  const claims = await claimsOf(context.tokenClaims, {
    ...about,
    subject,
    clientId,
    sessionId,
    scopes,
    roles,
    audience,
    actor,
  });
  const nowMs = context.clock.nowMs();
  const jwkThumbprint = sessionKeyOf(clientId, binding);
  const token = { ...createRefreshToken(context.macKey, sessionId, 0), jwkThumbprint };
  const absoluteExpiresAtMs = nowMs + lifeMs;
  const idleExpiresAtMs = Math.min(nowMs + context.idleTtlMs, absoluteExpiresAtMs);
  const key = jwkThumbprint === undefined ? undefined : { jwkThumbprint, sinceGeneration: 0 };
  const start = { ...grant, sessionId, nowMs, key, idleExpiresAtMs, absoluteExpiresAtMs };
  const session = await storeSession(context, { ...start, refreshHash: hashRefreshToken(token) }, sponsor);
  return issueTokens(context, {
    session,
    rights: { scopes: session.scopes, roles, claims, endsAtMs: absoluteExpiresAtMs },
    audience,
    refreshToken: token.text,
    binding,
    maxAccessTtlMs,
  });
}
