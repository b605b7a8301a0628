import { isSameAccount } from "./account.ts";
import { pauseMs } from "./backoff.ts";
import { askForTokens, endEntry, firstEntry, isSameSession, steppedUpEntry } from "./entries.ts";
import { unavailable } from "./errors.ts";
import { revoke, revokeEntry, signOutResult } from "./revoke.ts";
import type { SessionContext } from "./session-context.ts";
import type { Change } from "./shared-entry.ts";
import type { TokenGrant } from "./source.ts";
import type { StoreEntry } from "./store.ts";

/**
 * Begin a session. One that is there already is ended at the server, behind.
 *
 * @param isStepUp whether the user is asked to sign in again: then a session of the same account goes on, with what is
 * open under it, unless the server has begun another
 * @throws whatever `acquire` throws
 */
export async function beginSession(
  context: SessionContext,
  acquire: () => Promise<TokenGrant>,
  isStepUp = false,
): Promise<void> {
  const arrival = await askForTokens(context.clock, acquire);
  const first = firstEntry(arrival);
  const before = await context.change((current): Change<StoreEntry | undefined> => {
    // A server that has no name for sessions begins none with tokens of the same account.
    const isNameless = isStepUp && !arrival.sessionId && current?.kind === "signed_in";
    const named = isNameless && isSameAccount(current, arrival) ? current : first;
    // Tokens that take the place of the session's own count as newer ones.
    return isSameSession(current, named)
      ? { draft: steppedUpEntry(current, arrival) }
      : { draft: first, value: current };
  });
  if (before?.kind !== "signed_in") {
    return;
  }
  // A refresh token in a cookie is the next session's by now, and not to be used up for this one.
  void signOutResult((before.refreshToken ? revokeEntry : revoke)(context, before));
}

/**
 * End the session here and in all tabs at once, then at the server.
 *
 * @throws whatever the source throws, or `REFRESH_UNAVAILABLE` when the store has not said whether there is a session,
 * because it has not answered or has failed
 */
export async function endSession(context: SessionContext): Promise<void> {
  const held = context.holder.held();
  const found = await context.change((current) => ({
    draft: current?.kind === "signed_in" ? endEntry(current, "user") : undefined,
    value: current,
  }));
  const last = found?.kind === "signed_in" ? found : held;
  const { status, degraded } = context.holder.snapshot();
  if (last) {
    await revokeEntry(context, last);
  } else if (found === undefined && (status === "loading" || degraded)) {
    // What a store holds that cannot be read goes on.
    throw unavailable(pauseMs(1));
  }
}
