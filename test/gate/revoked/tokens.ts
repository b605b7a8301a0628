import type { RevocableToken } from "../../../server/gate/src/revoked/revoked.ts";

/** When {@link tokenOf} was issued, in milliseconds since 1970: as `createWallClock` begins. */
export const ISSUED_AT_MS = Date.UTC(2026, 5, 1, 12, 0, 0);

/** An access token that nothing revokes, with some members changed. */
export function tokenOf(parts: Partial<RevocableToken> = {}): RevocableToken {
  return {
    issuer: "https://a.test",
    sessionId: "session",
    subject: "subject",
    tokenId: "token",
    clientId: "client",
    keyId: "key",
    issuedAtSeconds: ISSUED_AT_MS / 1_000,
    ...parts,
  };
}
