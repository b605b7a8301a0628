import type { DescMessage } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { elementsOf, type MessageLimits, type MessageSize } from "../../kernel/message-limits.ts";
import { type MessageFault, walkBinary } from "./binary-walk.ts";
import { walkJson } from "./json-walk.ts";
import { shapeOf } from "./message-shape.ts";

/** Looks at the messages of a method before they are read. */
export interface MessageInspector {
  /** How large a message in JSON may be, in bytes, if no other limit is lower. */
  readonly jsonMaxBytes: number;
  /**
   * Look at a message.
   *
   * @param bytes what was sent, decompressed
   * @param isBinary whether it is binary; otherwise it is JSON
   * @throws ConnectError `RESOURCE_EXHAUSTED` when reading it would take more than a message may,
   *   `INVALID_ARGUMENT` when it cannot be read
   */
  inspect(bytes: Uint8Array, isBinary: boolean): void;
}

/** Create what looks at messages of a type. */
export function createMessageInspector(desc: DescMessage, limits: MessageLimits): MessageInspector {
  return {
    jsonMaxBytes: limits.jsonMaxBytes,
    inspect(bytes, isBinary) {
      const fault = isBinary ? walkBinary(bytes, shapeOf(desc), limits) : walkJson(bytes, limits);
      if (fault !== undefined) {
        throw toError(fault, limits, { isBinary, bytes: bytes.length });
      }
    },
  };
}

/** What a caller has done wrong comes without `RetryInfo`: the same message is refused each time. */
function toError(fault: MessageFault, limits: MessageLimits, size: MessageSize): ConnectError {
  switch (fault) {
    case "depth":
      return new ConnectError(
        `the message is nested deeper than ${limits.maxDepth} levels`,
        Code.ResourceExhausted,
      );
    case "elements":
      return new ConnectError(
        `the message has more than the ${elementsOf(limits, size)} fields and elements that one of its size may have`,
        Code.ResourceExhausted,
      );
    case "malformed":
      return new ConnectError(
        "the message has a field of another wire type than its own, or one that reaches beyond its end",
        Code.InvalidArgument,
      );
    default:
      return fault satisfies never;
  }
}
