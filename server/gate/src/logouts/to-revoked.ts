import type { Revoked } from "../revoked/revoked.ts";
import type { LogoutRevocation } from "./logout.ts";

/** Room for clocks that differ, and for tokens that are accepted a little past their time, in milliseconds. */
export const EXPIRY_MARGIN_MS = 5 * 60 * 1_000;

/** Make of what a provider has ended a revocation, which lasts as long as a token that it covers may be accepted. */
export function toRevoked(
  { issuer, dimension, value, beforeMs, maxLifeMs, changedClaims }: LogoutRevocation,
  nowMs: number,
): Revoked {
  const expiresAtMs = Math.max(nowMs, beforeMs ?? nowMs) + maxLifeMs + EXPIRY_MARGIN_MS;
  return { issuer, dimension, value, beforeMs, expiresAtMs, changedClaims };
}
