import { useSyncExternalStore } from "react";
import type { ActivityEntry } from "../model/activity-log.ts";
import { useServices } from "./services-context.tsx";

/** See what happened to the session, newest first. */
export function useActivity(): readonly ActivityEntry[] {
  const { activity } = useServices();
  return useSyncExternalStore(activity.subscribe, activity.getSnapshot);
}
