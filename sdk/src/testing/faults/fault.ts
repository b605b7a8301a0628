import type { SessionStore } from "../../core/store.ts";

/** Options of a row of the fault table. */
export interface FaultOptions {
  /** Make an empty store for one row, shared by all its tabs. Default: in memory. */
  readonly createStore?: (() => SessionStore | Promise<SessionStore>) | undefined;
}

/** One row of the fault table: a fault, and what must come of it. */
export interface Fault {
  /** The row's number. */
  readonly row: number;
  /** The fault and the expected outcome, for a test's name. */
  readonly name: string;
  /** Cause the fault. @throws Error that says what is not as it must be */
  readonly run: (options?: FaultOptions) => Promise<void>;
}
