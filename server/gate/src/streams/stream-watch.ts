import type { AuthReason } from "../errors/auth-error.ts";

/** How a stream ended: for a reason of ours, or by itself, which includes clients that left and handlers that failed. */
export type StreamEnd = AuthReason | "CLOSED";

/** Is told what becomes of open streams, for figures. It must not throw. */
export interface StreamWatch {
  /** A stream goes on with a newer token. */
  renewed(): void;
  /** A stream has ended. @param lateMs how long after its deadline, in milliseconds, when that is why it ended */
  ended(end: StreamEnd, lateMs?: number): void;
}

/** Nobody looks. */
export const UNWATCHED: StreamWatch = { renewed: () => undefined, ended: () => undefined };
