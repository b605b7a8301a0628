import type { DescService } from "@bufbuild/protobuf";
import type { ByteLimits } from "../../kernel/byte-budget.ts";
import { DEFAULT_LIMITS } from "../../kernel/default-limits.ts";
import { assertPositive } from "../../kernel/limits.ts";
import { type MessageLimits, resolveMessageLimits } from "../../kernel/message-limits.ts";
import { resolveWaitingLimits } from "../../kernel/waiting-limits.ts";
import type { AuthOptions } from "../auth-options.ts";

/** What the messages of a server may be. */
export interface MessageOptions {
  readonly limits: MessageLimits;
  /** How large one may be when it arrives, in bytes, where neither its service nor a known router says so. */
  readonly readMaxBytes: number;
  /** How many bytes may wait for the rest of their message, where the host does not count them. */
  readonly waiting: ByteLimits;
  /** The services whose messages keep fields that their types do not have. */
  readonly keepUnknownFields: ReadonlySet<DescService>;
}

type Given = Pick<
  AuthOptions,
  "readMaxBytes" | "messageLimits" | "keepUnknownFields" | "maxWaitingBytes" | "maxWaitingBytesPerConnection"
>;

/** Fill in the defaults. @throws TypeError when a limit is not a positive whole number */
export function resolveMessageOptions({
  readMaxBytes = DEFAULT_LIMITS.createAuth.readMaxBytes,
  messageLimits,
  keepUnknownFields = new Set(),
  ...waiting
}: Given): MessageOptions {
  assertPositive("readMaxBytes", readMaxBytes);
  return {
    limits: resolveMessageLimits(messageLimits),
    readMaxBytes,
    waiting: resolveWaitingLimits({ ...waiting, readMaxBytes }, DEFAULT_LIMITS.createAuth.maxWaitingBytes),
    keepUnknownFields,
  };
}
