import type { ProcessMetrics } from "../operate/metrics.ts";

/** The variable with the origin on which all workers listen. */
export const WORKER_ORIGIN = "COUNTERSIGN_WORKER_ORIGIN";

/** The messages between the processes of one server. */
export type WorkerMessage =
  /** A worker takes calls, or does not any more. */
  | { readonly countersign: "ready"; readonly isReady: boolean }
  /** The figures of a worker are wanted, or here they are. */
  | { readonly countersign: "metrics"; readonly id: number; readonly metrics?: ProcessMetrics }
  /** Messages of one worker for those of the others that subscribe to the channel. */
  | { readonly countersign: "published"; readonly channel: string; readonly messages: readonly string[] }
  /** A worker subscribes to a channel, or does not any more. */
  | { readonly countersign: "subscribed"; readonly channel: string; readonly isSubscribed: boolean }
  /** It is asked how many workers subscribe to a channel, or here is the answer. */
  | {
      readonly countersign: "subscribers";
      readonly id: number;
      readonly channel: string;
      readonly count?: number;
    };

/** Check whether what came over the channel between the processes is ours: Node itself and libraries use it too. */
export function isWorkerMessage(message: unknown): message is WorkerMessage {
  return typeof message === "object" && message !== null && "countersign" in message;
}
