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

/** What is needed of a session to end it at its server. */
type Revocable = Pick<SignedInEntry, "accessToken" | "refreshToken" | "idToken" | "tokenType" | "proofKey">;

/** End the session of these tokens at the server. @throws whatever the source throws */
export async function revoke({ clock, source, binding }: SessionContext, tokens: Revocable): Promise<void> {
  const { accessToken, refreshToken, idToken } = tokens;
  const prover = binding?.proverOf(tokens);
  const others = { refreshToken: refreshToken?.reveal(), idToken: idToken?.reveal(), prover };
  await withTimeout(clock, (signal) => source.revoke(accessToken.reveal(), signal, others));
}

/** End a session at the server, with a fresh token if its own has expired. @throws whatever the source throws */
export async function revokeEntry(context: SessionContext, entry: SignedInEntry): Promise<void> {
  try {
    await revoke(context, entry);
  } catch (error) {
    const next = isTokenRefused(ConnectError.from(error)) && (await askForSuccessor(context, entry));
    // Another session's must live on.
    if (!next || !isFor(next, entry)) {
      throw error;
    }
    await revoke(context, next);
  }
}

/** Wait for the end of a sign-out, and say how it ended. Never rejects. */
export async function signOutResult(ending: Promise<unknown>): Promise<SignOutResult> {
  try {
    await ending;
  } catch (cause) {
    const error = ConnectError.from(cause);
    // A session that the server does not know any more has ended there.
    if (!hasReason(error, ["SESSION_REVOKED", "REFRESH_TOKEN_INVALID"])) {
      return { revoked: false, error };
    }
  }
  return { revoked: true };
}
