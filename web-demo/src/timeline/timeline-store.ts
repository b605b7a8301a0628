import { addTimelineEvent } from "./grow-timeline.ts";
import { EMPTY_TIMELINE, type Timeline, type TimelineEvent } from "./timeline.ts";

/** The timeline as it grows, in the shape of React's `useSyncExternalStore`. */
export interface TimelineStore {
  /** Add an event that happened just now, or `agoMs` milliseconds ago. */
  readonly add: (event: TimelineEvent, agoMs?: number) => void;
  /** Forget everything, as for the next account. */
  readonly clear: () => void;
  /** Call a listener after every change. @returns what ends the calls */
  readonly subscribe: (listener: () => void) => () => void;
  /** The timeline; the same object until something changes. */
  readonly getSnapshot: () => Timeline;
}

/**
 * Create an empty timeline.
 *
 * @param nowMs the clock, in milliseconds since 1970
 */
export function createTimelineStore(nowMs: () => number): TimelineStore {
  const listeners = new Set<() => void>();
  let timeline = EMPTY_TIMELINE;
  const set = (next: Timeline): void => {
    if (next === timeline) {
      return;
    }
    timeline = next;
    for (const listener of listeners) {
      listener();
    }
  };
  return {
    add: (event, agoMs = 0) => set(addTimelineEvent(timeline, event, nowMs() - agoMs)),
    clear: () => set(EMPTY_TIMELINE),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    getSnapshot: () => timeline,
  };
}
