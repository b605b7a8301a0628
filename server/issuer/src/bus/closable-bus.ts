import type { MessageBus } from "@countersign/server";

/** A bus with a connection of its own. */
export interface ClosableBus extends MessageBus, AsyncDisposable {
  /** Let go of the connection. Messages that were published are sent before, where that is possible. */
  close(): Promise<void>;
}
