import type { Store } from "../store/database.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { findSession } from "../store/sessions.ts";
import { hashRefreshToken, isSameHash, parseRefreshToken } from "./refresh-token.ts";
import { deriveKey } from "./seal.ts";

/** The session that a genuine refresh token belongs to. */
export interface FoundRefreshToken {
  readonly session: SessionRecord;
  /** Whether it is the token that the session would be refreshed with next. */
  readonly isNewest: boolean;
}

/** Finds the session of a refresh token without using the token up; undefined when we did not make it. */
export type RefreshLookup = (refreshToken: string) => Promise<FoundRefreshToken | undefined>;

/**
 * Create the lookup of refresh tokens.
 *
 * @param secret the key-encryption key: see `loadSecretFile`
 */
export function createRefreshLookup(store: Store, secret: Uint8Array): RefreshLookup {
  const macKey = deriveKey(secret, "refresh-token-mac");
  return async (refreshToken) => {
    const token = parseRefreshToken(macKey, refreshToken);
    const session = token === undefined ? undefined : await findSession(store, token.sessionId);
    if (token === undefined || session === undefined) {
      return undefined;
    }
    return { session, isNewest: isSameHash(hashRefreshToken(token), session.refreshHash) };
  };
}
