import type { SessionRecord } from "../store/session-record.ts";
import { mintAccessToken } from "./mint.ts";
import type { SessionContext } from "./session-options.ts";

/** The tokens of a session, as they are handed to its client. */
export interface IssuedTokens {
  readonly accessToken: string;
  /** How long the access token lasts from now, in milliseconds. */
  readonly expiresInMs: number;
  /** Empty when the session has none: its client proves anew who it is. */
  readonly refreshToken: string;
  /** How long the refresh token lasts from now if it is not used, in milliseconds. */
  readonly refreshExpiresInMs: number;
  readonly scopes: readonly string[];
  readonly sessionId: string;
}

/** What goes into the tokens of a session. */
export interface TokenInput {
  readonly session: SessionRecord;
  /** The roles that the account has now. */
  readonly roles: readonly string[];
  readonly refreshToken: string;
  /** How long the access token is to last at the most, in milliseconds. Default: as long as the issuer's last. */
  readonly maxAccessTtlMs?: number | undefined;
}

/** Sign an access token for a session, and put its refresh token beside it. */
export async function issueTokens(context: SessionContext, input: TokenInput): Promise<IssuedTokens> {
  const { session, roles, refreshToken, maxAccessTtlMs = Infinity } = input;
  const { issuer, audience, keyRing, clock } = context;
  const accessTtlMs = Math.min(context.accessTtlMs, maxAccessTtlMs);
  const nowMs = clock.nowMs();
  const { subject, clientId, sessionId, scopes, authTimeMs } = session;
  const access = await mintAccessToken(
    { issuer, audience, accessTtlMs, key: keyRing.signingKey(), nowMs },
    { subject, clientId, sessionId, scopes, roles, authTimeMs },
  );
  return {
    accessToken: access.token,
    expiresInMs: access.expiresAtMs - nowMs,
    refreshToken,
    refreshExpiresInMs: session.idleExpiresAtMs - nowMs,
    scopes,
    sessionId,
  };
}
