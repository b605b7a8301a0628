import { type Revoked, toNoSession } from "../revoked/revoked.ts";
import type { LogoutRevocation } from "./logout.ts";

/** Room for clocks that differ, and for tokens that are accepted a little past their time, in milliseconds. */
export const EXPIRY_MARGIN_MS = 5 * 60 * 1_000;

/** Make of what a provider has ended a revocation, which lasts as long as a token that it covers may be accepted. */
export function toRevoked(revocation: LogoutRevocation, nowMs: number): Revoked {
  const { issuer, beforeMs, maxLifeMs } = revocation;
  const expiresAtMs = Math.max(nowMs, beforeMs ?? nowMs) + maxLifeMs + EXPIRY_MARGIN_MS;
  return { issuer, ...toRevokedTokens(revocation), beforeMs, expiresAtMs };
}

/**
 * Say by what the tokens are known that a provider has ended, and what has changed of them. What has changed of one session is
 * not said of tokens that may be of another one, which could gain by it: they are refused.
 */
export function toRevokedTokens({
  dimension,
  value,
  changedClaims,
  withoutSession,
}: RevokedTokens & Pick<LogoutRevocation, "withoutSession">): RevokedTokens {
  return withoutSession === true
    ? { dimension: "sid", value: toNoSession(value) }
    : { dimension, value, changedClaims };
}

type RevokedTokens = Pick<LogoutRevocation, "changedClaims" | "dimension" | "value">;
