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
   * How many fields and elements a message in binary may have, in all. A larger message may have fewer: evenly down to a
   * quarter at 4 MiB. A packed list counts one for each 8 numbers of a fixed size, and for each 8 bytes of others.
   * Default: 20,000.
   */
  readonly maxElements: number;
  /**
   * How many members, elements, lists and objects a message in JSON may have, in all. A larger message may have fewer:
   * evenly down to a third at 1 MiB. 64 bytes of white space, 4 characters of a long number, and 16 of a long name, count as
   * one, too. Default: 12,000, or `maxElements` where that is less.
   */
  readonly jsonMaxElements: number;
}

/** Whether a message is binary, and how large it is. */
export interface MessageSize {
  readonly isBinary: boolean;
  /** In bytes. */
  readonly bytes: number;
}

const MIB = 1024 * 1024;

/** Find how many fields and elements a message may have. Its bytes take time, too: the larger it is, the fewer. */
export function elementsOf(
  { maxElements, jsonMaxElements }: MessageLimits,
  { isBinary, bytes }: MessageSize,
): number {
  return isBinary ? fewer(maxElements, bytes / (4 * MIB), 4) : fewer(jsonMaxElements, bytes / MIB, 3);
}

/** @returns `all` where the share is 0, and evenly down to one of `parts` where it is 1 and more */
function fewer(all: number, share: number, parts: number): number {
  return Math.ceil((all * (parts - (parts - 1) * Math.min(share, 1))) / parts);
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
