import type { ExpandMessage } from "./expand-message.ts";
import type { MessageInspector } from "./message-inspector.ts";
import type { WaitingRequest } from "./waiting-request.ts";

/** How the body of a request is looked at. */
export interface BodyInspection {
  readonly inspector: MessageInspector;
  readonly isBinary: boolean;
  /** How large a message may be, in bytes. */
  readonly maxBytes: number;
  /** Undefined: messages are not compressed. */
  readonly expand: ExpandMessage | undefined;
  /** Counts what has come of a message that is not whole. */
  readonly waiting: WaitingRequest;
}
