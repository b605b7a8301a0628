import { DEFAULT_LIMITS } from "./default-limits.ts";
import { resolveLimits } from "./limits.ts";

/** What a message may be made of, beside `readMaxBytes`. It is looked at before it is read. */
export interface MessageLimits {
  /**
   * How large a message in JSON may be, in bytes: reading one takes longer than in binary. No more than `readMaxBytes`.
   * Default: 1 MiB.
   */
  readonly jsonMaxBytes: number;
  /** How deep messages, lists and objects may be in one another. Default: 64; that of Protobuf-ES is 100. */
  readonly maxDepth: number;
  /**
   * How many fields and elements a message in binary may have, in all. A packed list counts one for each 8 numbers of a
   * fixed size, and for each 8 bytes of others. Default: 10,000.
   */
  readonly maxElements: number;
  /**
   * How many members, elements, lists and objects a message in JSON may have, in all. 64 bytes of white space, and 16
   * characters of a long number or a long name, count as one, too. Default: 4,000, or `maxElements` where that is less.
   */
  readonly jsonMaxElements: number;
}

/**
 * Fill in the limits that are not given.
 *
 * @throws TypeError when a limit is not a positive whole number, or there is none of that name
 */
export function resolveMessageLimits(given: Partial<MessageLimits> = {}): MessageLimits {
  const limits = resolveLimits<MessageLimits>("messageLimits", DEFAULT_LIMITS.messageLimits, given);
  const { jsonMaxElements = Math.min(limits.jsonMaxElements, limits.maxElements) } = given;
  return { ...limits, jsonMaxElements };
}
