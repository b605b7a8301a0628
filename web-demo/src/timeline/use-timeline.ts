import { useSyncExternalStore } from "react";
import { useServices } from "../session/services-context.tsx";
import type { Timeline } from "./timeline.ts";

/** See the timeline as it is now, and again whenever it grows. */
export function useTimeline(): Timeline {
  const { timeline } = useServices();
  return useSyncExternalStore(timeline.subscribe, timeline.getSnapshot);
}
