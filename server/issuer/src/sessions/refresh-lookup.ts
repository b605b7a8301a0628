import { deriveKey } from "../keys/seal.ts";
import type { Store } from "../store/database.ts";
import type { SessionRecord } from "../store/session-record.ts";
import { findRefreshableSession } from "../store/session-refresh.ts";
import { bindAsStored, hashRefreshToken, isSameHash, parseRefreshToken } from "./refresh-token.ts";
import type { SessionContext } from "./session-options.ts";
import { findRights, type SessionRights } from "./session-rights.ts";

/** The session that a genuine refresh token belongs to. */
export interface FoundRefreshToken {
  readonly session: SessionRecord;
  /** Whether it is the token that the session would be refreshed with next. */
  readonly isNewest: boolean;
  /** What the session would go on with; undefined: those behind it no longer allow it to. */
  readonly rights: SessionRights | undefined;
}

/** What {@link createRefreshLookup} needs. */
export interface RefreshLookupOptions {
  readonly store: Store;
  /** The key-encryption key: see `loadSecretFile`. */
  readonly secret: Uint8Array;
  /** As for `createSessions`. */
  readonly externalTerms: SessionContext["externalTerms"];
}

/** Finds the session of a refresh token without using the token up; undefined when we did not make it. */
export type RefreshLookup = (refreshToken: string) => Promise<FoundRefreshToken | undefined>;

/** Create the lookup of refresh tokens. */
export function createRefreshLookup({ store, secret, externalTerms }: RefreshLookupOptions): RefreshLookup {
  const macKey = deriveKey(secret, "refresh-token-mac");
  return async (refreshToken) => {
    const token = parseRefreshToken(macKey, refreshToken);
    const found = token === undefined ? undefined : await findRefreshableSession(store, token.sessionId);
    if (token === undefined || found === undefined) {
      return undefined;
    }
    const { session } = found;
    return {
      session,
      isNewest: isSameHash(hashRefreshToken(bindAsStored(token, session)), session.refreshHash),
      rights: findRights(found, externalTerms),
    };
  };
}
