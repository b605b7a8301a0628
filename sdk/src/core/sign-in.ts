import { pauseMs } from "./backoff.ts";
import { askForTokens, endEntry, firstEntry, isSameSession } from "./entries.ts";
import { unavailable } from "./errors.ts";
import { revoke, revokeEntry, type SignOutResult, signOutFailure } from "./revoke.ts";
import type { SessionContext } from "./session-context.ts";
import type { TokenGrant } from "./source.ts";

/**
 * Begin a session. One that is there already is ended at the server, behind.
 *
 * @throws whatever `acquire` throws
 */
export async function beginSession(
  context: SessionContext,
  acquire: () => Promise<TokenGrant>,
): Promise<void> {
  const next = firstEntry(await askForTokens(context.clock, acquire));
  const before = await context.change((current) => ({
    // Tokens that take the place of the session's own count as newer ones.
    draft: isSameSession(current, next) ? { ...next, generation: current.generation + 1 } : next,
    value: current,
  }));
  // Typed as no guard: what is left is a session, of another name.
  const isRenewed: boolean = isSameSession(before, next);
  if (before?.kind !== "signed_in" || isRenewed) {
    return;
  }
  // A refresh token in a cookie is the next session's by now, and not to be used up for this one.
  void (before.refreshToken === undefined ? revoke(context, before) : revokeEntry(context, before));
}

/**
 * End the session here and in all tabs at once, then at the server.
 *
 * Answers whether the server knows; it never rejects.
 */
export async function endSession(context: SessionContext): Promise<SignOutResult> {
  const held = context.holder.held();
  const found = await context.change((current) =>
    current?.kind === "signed_in" ? { draft: endEntry(current, "user"), value: current } : {},
  );
  const last = found ?? held;
  if (last !== undefined) {
    return revokeEntry(context, last);
  }
  // What a store holds that has not answered yet goes on.
  const isUnknown = context.holder.snapshot().status === "loading";
  return isUnknown ? signOutFailure(unavailable(pauseMs(1))) : { revoked: true };
}
