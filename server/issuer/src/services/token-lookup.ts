import type { Principal } from "@countersign/server";
import type { TokenOrigin } from "@countersign/server/internal";
import { isVerdictOnToken } from "../credentials/token-verdict.ts";
import type { RefreshLookup } from "../sessions/refresh-lookup.ts";
import type { SessionRights } from "../sessions/session-rights.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { SessionRecord } from "../store/session-record.ts";

/** A token of ours, of a session that goes on. */
export type LiveToken =
  | { readonly kind: "access"; readonly principal: Principal; readonly session: SessionRecord }
  | {
      readonly kind: "refresh";
      readonly session: SessionRecord;
      /** What it would be exchanged for; undefined when it was replaced, or may not be exchanged any more. */
      readonly rights: SessionRights | undefined;
    };

/** What {@link createTokenLookup} needs. */
export interface TokenLookupOptions {
  /** Verifies our own access tokens. */
  readonly authenticate: (token: string, origin: TokenOrigin) => Principal | Promise<Principal>;
  readonly findRefreshToken: RefreshLookup;
  readonly sessions: Pick<Sessions, "find">;
  /** Says why a session has ended, if that could not be written yet. Default: none has. */
  readonly endReasonOf?: (sessionId: string) => string | undefined;
  /** The time, in milliseconds since 1970. */
  readonly nowMs: () => number;
}

/**
 * Finds a token of ours, whatever its kind is; undefined when it is not ours, or its session is over.
 *
 * @param origin where it comes from: its check waits with those of the same peer
 * @throws AuthError `AUTH_UNAVAILABLE` and `RATE_LIMITED` when that cannot be found out just now
 */
export type TokenLookup = (token: string, origin: TokenOrigin) => Promise<LiveToken | undefined>;

/** Create the lookup of tokens. It asks the store, which knows at once of a session that another server has ended. */
export function createTokenLookup(options: TokenLookupOptions): TokenLookup {
  const isLive = (session: SessionRecord): boolean =>
    session.revokedAtMs === undefined &&
    options.endReasonOf?.(session.sessionId) === undefined &&
    options.nowMs() < Math.min(session.idleExpiresAtMs, session.absoluteExpiresAtMs);

  return async (token, origin) => {
    const refresh = await options.findRefreshToken(token);
    if (refresh !== undefined) {
      const { session, isNewest, rights } = refresh;
      const isGood = isNewest && rights !== undefined && options.nowMs() < rights.endsAtMs;
      return isLive(session) ? { kind: "refresh", session, rights: isGood ? rights : undefined } : undefined;
    }
    const principal = await authenticate(() => options.authenticate(token, origin));
    const session =
      principal?.sessionId === undefined ? undefined : await options.sessions.find(principal.sessionId);
    return principal === undefined || session === undefined || session.revokedAtMs !== undefined
      ? undefined
      : { kind: "access", principal, session };
  };
}

async function authenticate(work: () => Principal | Promise<Principal>): Promise<Principal | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isVerdictOnToken(error)) {
      return undefined;
    }
    throw error;
  }
}
