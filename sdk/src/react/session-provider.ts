import { createContext, createElement, type ReactNode, useContext } from "react";
import type { Session } from "../core/session.ts";

const SessionContext = createContext<Session | undefined>(undefined);

/** What {@link SessionProvider} needs. */
export interface SessionProviderProps {
  /** Created once, outside of components. The provider never disposes of it. */
  readonly session: Session;
  readonly children?: ReactNode;
}

/** Hand a session to every component below. */
export function SessionProvider({ session, children }: SessionProviderProps): ReactNode {
  return createElement(SessionContext.Provider, { value: session }, children);
}

/**
 * Get the session of the provider above.
 *
 * @throws TypeError when there is none
 */
export function useSessionHandle(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) {
    throw new TypeError("useSession needs a SessionProvider above it");
  }
  return session;
}
