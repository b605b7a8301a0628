import type { TokenBinding } from "@countersign/server";
import type { SessionUse, TokenSession } from "../store/session-record.ts";
import { mintAccessToken } from "./mint.ts";
import type { SessionContext } from "./session-options.ts";
import type { SessionRights } from "./session-rights.ts";

/** The values of `token_type` in answers. A token that is bound to a certificate is sent as `Bearer` (RFC 8705 §3). */
export type TokenType = "Bearer" | "DPoP";

/** The tokens of a session, as they are handed to its client. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** How the access token is sent: `DPoP` when it is bound to a key, so that each call needs a proof (RFC 9449 §5). */
  readonly tokenType: TokenType;
  /** How long the access token lasts from now, in milliseconds. */
  readonly expiresInMs: number;
  /** Empty when the session has none: its client proves anew who it is. */
  readonly refreshToken: string;
  /** How long the refresh token lasts from now if it is not used, in milliseconds. */
  readonly refreshExpiresInMs: number;
  readonly scopes: readonly string[];
  readonly sessionId: string;
}

/** Whom tokens are for. */
export interface TokenHolder {
  readonly subject: string;
  /** The most that can be granted. */
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
}

/** What a client asks of its tokens. */
export interface TokenWish {
  /** The scopes that are asked for; none: all that can be had. */
  readonly scopes: readonly string[];
  /** How long the access token is to last at the most, in milliseconds. Default: as long as the issuer's last. */
  readonly maxAccessTtlMs?: number | undefined;
  /** The resources that they are to be for (RFC 8707); none: the audience of the issuer. Default: none. */
  readonly resources?: readonly string[] | undefined;
  /** The key or certificate of the client that has been proven: the access token is bound to it. Default: to none. */
  readonly binding?: TokenBinding | undefined;
  /** Where they are asked for from. Default: not known. */
  readonly use?: SessionUse | undefined;
}

/** What goes into the tokens of a session. */
export interface TokenInput extends Pick<TokenWish, "binding" | "maxAccessTtlMs"> {
  readonly session: TokenSession;
  /** What they allow. */
  readonly rights: SessionRights;
  /** Whom the access token is for. */
  readonly audience: readonly string[];
  readonly refreshToken: string;
}

/** Sign an access token for a session, which ends no earlier than the token, and put its refresh token beside it. */
export function issueTokens(context: SessionContext, input: TokenInput): IssuedTokens {
  const { session, rights, audience, refreshToken, binding, maxAccessTtlMs = Infinity } = input;
  const { issuer, keyRing, clock } = context;
  const nowMs = clock.nowMs();
  const accessTtlMs = Math.min(context.accessTtlMs, maxAccessTtlMs, rights.endsAtMs - nowMs);
  const { subject, clientId, sessionId, authTimeMs, acr, amr, actor } = session;
  const { scopes, roles, claims } = rights;
  const access = mintAccessToken(
    { issuer, accessTtlMs, key: keyRing.signingKey(), nowMs },
    { subject, clientId, sessionId, scopes, roles, audience, authTimeMs, acr, amr, actor, binding, claims },
  );
  return {
    accessToken: access.token,
    tokenType: toTokenType(binding),
    expiresInMs: access.expiresAtMs - nowMs,
    refreshToken,
    refreshExpiresInMs: Math.min(session.idleExpiresAtMs, rights.endsAtMs) - nowMs,
    scopes,
    sessionId,
  };
}

/** Say how a token with a binding is sent. */
export function toTokenType(binding: TokenBinding | undefined): TokenType {
  return binding?.kind === "dpop" ? "DPoP" : "Bearer";
}
