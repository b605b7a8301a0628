import { ConnectError } from "@connectrpc/connect";
import { isTokenRefused, refusalOf } from "./error-info.ts";
import { randomId } from "./random.ts";
import type { RefreshContext } from "./refresh-context.ts";
import type { SignedInEntry } from "./store.ts";
import { ATTEMPT_TIMEOUT_MS, withTimeout } from "./timeout.ts";

/** How a sign-out ended. This tab and all others are signed out in any case. */
export interface SignOutResult {
  /** Whether the server has ended the session as well. */
  readonly revoked: boolean;
  /** Why it has not. The session then ends by itself when its refresh token does. */
  readonly error?: ConnectError;
}

/** End a session at the server, with a fresh token if its own has expired. Never rejects. */
export async function revokeEntry(context: RefreshContext, entry: SignedInEntry): Promise<SignOutResult> {
  const first = await revoke(context, entry.accessToken.reveal());
  if (first.revoked || first.error === undefined || !isTokenRefused(first.error)) return first;
  try {
    const grant = await withTimeout(context.clock, ATTEMPT_TIMEOUT_MS, (signal) =>
      context.source.refresh({
        refreshToken: entry.refreshToken?.reveal(),
        refreshId: entry.intent?.refreshId ?? randomId(),
        signal,
      }),
    );
    // A cookie may be another session's by now, which must live on.
    if (grant.sessionId !== undefined && grant.sessionId !== entry.sessionId) return first;
    return await revoke(context, grant.accessToken);
  } catch (error) {
    return resultOf(error);
  }
}

async function revoke({ clock, source }: RefreshContext, accessToken: string): Promise<SignOutResult> {
  try {
    await withTimeout(clock, ATTEMPT_TIMEOUT_MS, (signal) => source.revoke(accessToken, signal));
    return { revoked: true };
  } catch (error) {
    return resultOf(error);
  }
}

function resultOf(cause: unknown): SignOutResult {
  const error = ConnectError.from(cause);
  const reason = refusalOf(error)?.reason;
  // A session that the server does not know any more has ended there.
  if (reason === "SESSION_REVOKED" || reason === "REFRESH_TOKEN_INVALID") return { revoked: true };
  return { revoked: false, error };
}
