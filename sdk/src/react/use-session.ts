import { useMemo, useSyncExternalStore } from "react";
import type { Session } from "../core/session.ts";
import type { SessionSnapshot } from "../core/snapshot.ts";
import { useSessionHandle } from "./session-provider.ts";

/** What {@link useSession} answers: what the session looks like now, and what can be done with it. */
export interface SessionView extends SessionSnapshot, Pick<Session, "signIn" | "signOut"> {}

/**
 * Follow the session of the provider above. The component renders again when the session changes, and tokens
 * are refreshed ahead of expiry while it is mounted. On a server the session is always loading.
 *
 * @throws TypeError when there is no provider
 */
export function useSession(): SessionView {
  const { subscribe, getSnapshot, getServerSnapshot, signIn, signOut } = useSessionHandle();
  const snapshot = useSyncExternalStore(subscribe, getSnapshot, getServerSnapshot);
  return useMemo(() => ({ ...snapshot, signIn, signOut }), [snapshot, signIn, signOut]);
}
