import type { SessionSnapshot } from "@countersign/sdk/browser";
import { useSyncExternalStore } from "react";
import { useServices } from "./services-context.tsx";

/** See the session as it is now, and again whenever it changes. */
export function useSession(): SessionSnapshot {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.getSnapshot);
}
