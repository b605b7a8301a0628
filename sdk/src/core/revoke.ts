import { ConnectError } from "@connectrpc/connect";
import { askForSuccessor, isFor } from "./entries.ts";
import { hasReason, isTokenRefused } from "./error-info.ts";
import type { SessionContext } from "./session-context.ts";
import type { SignedInEntry } from "./store.ts";
import { withTimeout } from "./waiting.ts";

/** How a sign-out ended. This tab and all others are signed out in any case. */
export interface SignOutResult {
  /** Whether the server has ended the session as well. */
  readonly revoked: boolean;
  /** Why it has not. The session then ends by itself when its refresh token does. */
  readonly error?: ConnectError;
}

/** End the session of these tokens at the server. Never rejects. */
export async function revoke(
  { clock, source }: SessionContext,
  { accessToken, refreshToken, idToken }: Pick<SignedInEntry, "accessToken" | "refreshToken" | "idToken">,
): Promise<SignOutResult> {
  try {
    const others = { refreshToken: refreshToken?.reveal(), idToken: idToken?.reveal() };
    await withTimeout(clock, (signal) => source.revoke(accessToken.reveal(), signal, others));
    return { revoked: true };
  } catch (error) {
    return signOutFailure(error);
  }
}

/** End a session at the server, with a fresh token if its own has expired. Never rejects. */
export async function revokeEntry(context: SessionContext, entry: SignedInEntry): Promise<SignOutResult> {
  const first = await revoke(context, entry);
  if (first.error === undefined || !isTokenRefused(first.error)) {
    return first;
  }
  try {
    const next = await askForSuccessor(context, entry);
    // Another session's must live on.
    return isFor(next, entry) ? await revoke(context, next) : first;
  } catch (error) {
    return signOutFailure(error);
  }
}

/** Convert the failure of a sign-out to its result. */
export function signOutFailure(cause: unknown): SignOutResult {
  const error = ConnectError.from(cause);
  // A session that the server does not know any more has ended there.
  const isGone = hasReason(error, ["SESSION_REVOKED", "REFRESH_TOKEN_INVALID"]);
  return isGone ? { revoked: true } : { revoked: false, error };
}
