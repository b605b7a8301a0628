/** What kind of thing happened to the session. */
export type ActivityKind = "signed_in" | "refreshed" | "degraded" | "recovered" | "signed_out" | "resumed";
/** One line of the activity log. */
export interface ActivityEntry {
  /** Grows by one with every entry. */
  readonly id: number;
  readonly kind: ActivityKind;
  /** A sentence for people. */
  readonly text: string;
  /** When it happened, in milliseconds since 1970. */
  readonly atMs: number;
}
/** What happened to the session, newest first, in the shape of React's `useSyncExternalStore`. */
export interface ActivityLog {
  /** Add an entry. */
  readonly add: (kind: ActivityKind, text: string) => void;
  /** Forget everything, as for the next account. */
  readonly clear: () => void;
  /** Be told of every change; returns how to stop it. */
  readonly subscribe: (listener: () => void) => () => void;
  /** The entries, newest first; the same array until something changes. */
  readonly getSnapshot: () => readonly ActivityEntry[];
}
/**
 * Create an empty log.
 *
 * @param nowMs the clock, in milliseconds since 1970
 */
export declare function createActivityLog(nowMs: () => number): ActivityLog;
//# sourceMappingURL=activity-log.d.ts.map
