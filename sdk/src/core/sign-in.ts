import { Code, ConnectError } from "@connectrpc/connect";
import { endEntry, firstEntry, isSameSession } from "./entries.ts";
import { SessionError } from "./errors.ts";
import type { RefreshContext } from "./refresh-context.ts";
import { revokeEntry, type SignOutResult } from "./revoke.ts";
import type { PasswordCredential, TokenGrant } from "./source.ts";
import type { SignedInEntry, SignedOutEntry } from "./store.ts";
import { ATTEMPT_TIMEOUT_MS, instantOf, withTimeout } from "./timeout.ts";

// Every lost race means that somebody else moved on; so many in a row only happen when a store is broken.
const MAX_RACES = 20;

/** Get tokens with a credential. */
export type Acquire = () => Promise<TokenGrant>;

/**
 * Begin a session. One that is there already is ended at the server, behind.
 *
 * @throws whatever `acquire` throws
 */
export async function beginSession(context: RefreshContext, acquire: Acquire): Promise<void> {
  const { clock, store, holder, peers } = context;
  const began = instantOf(clock);
  const grant = await acquire();
  const next = firstEntry(grant, began.wallMs);
  let before = await store.read();
  for (let races = 0; ; races += 1) {
    const result = await store.compareAndSet(before?.revision, next);
    if (result.kind === "committed") break;
    if (races >= MAX_RACES) throw new ConnectError("the store takes no session", Code.Internal);
    before = result.current;
  }
  holder.adopt(next, began);
  holder.setDegraded("refresh", undefined);
  peers.publish({ type: "signed_in", sessionId: next.sessionId, generation: next.generation });
  if (before?.kind === "signed_in" && !isSameSession(before, next)) void revokeEntry(context, before);
}

/**
 * Get tokens with a name and a password.
 *
 * @throws TypeError when the source takes none
 * @throws ConnectError of the server, or DeadlineExceeded after 10 s
 */
export async function signInWith(
  { clock, source }: RefreshContext,
  credential: PasswordCredential,
): Promise<TokenGrant> {
  const signIn = source.signIn?.bind(source);
  if (signIn === undefined) throw new TypeError("the session's source takes no password: use begin()");
  return withTimeout(clock, ATTEMPT_TIMEOUT_MS, (signal) => signIn(credential, signal));
}

/**
 * End the session here and in all tabs at once, then tell the server.
 *
 * Answers whether the server knows; it never rejects.
 */
export async function endSession(context: RefreshContext): Promise<SignOutResult> {
  const { store, holder, peers } = context;
  const stored = await store.read();
  const entry = stored?.kind === "signed_in" ? stored : holder.held()?.entry;
  if (entry === undefined) return { revoked: true };
  const { last, ended } = await writeEnd(context, entry);
  holder.adopt(ended);
  peers.publish({ type: "signed_out", sessionId: ended.sessionId, generation: ended.generation });
  return revokeEntry(context, last);
}

/** Write that the session has ended, whatever generation it is in by now. */
async function writeEnd(
  { store }: RefreshContext,
  entry: SignedInEntry,
): Promise<{ readonly last: SignedInEntry; readonly ended: SignedOutEntry }> {
  let last = entry;
  for (let races = 0; ; races += 1) {
    const ended = endEntry(last, "user");
    const result = await store.compareAndSet(last.revision, ended);
    const isOver = result.kind === "committed" || !isSameSession(result.current, entry);
    if (isOver || races >= MAX_RACES) return { last, ended };
    last = result.current;
  }
}

/** Refuse to send a password where a token would not be sent either. */
export function assertMaySend(baseUrl: string, mayReceiveToken: (url: string) => boolean): void {
  if (!mayReceiveToken(baseUrl)) throw new SessionError("ORIGIN_NOT_ALLOWED");
}
