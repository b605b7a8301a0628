import type { ByteLimits } from "./byte-budget.ts";
import { DEFAULT_LIMITS } from "./default-limits.ts";
import { assertPositive } from "./limits.ts";

/** How many messages of the largest size there must be room for on a connection. */
const MESSAGES = 2;

/** The options of the limits of waiting bytes, and what their defaults go by. */
export interface SomeWaitingLimits {
  /** In all. */
  readonly maxWaitingBytes?: number | undefined;
  /** On one connection. */
  readonly maxWaitingBytesPerConnection?: number | undefined;
  /** How large a message may be, in bytes. */
  readonly readMaxBytes?: number | undefined;
}

/**
 * Fill in the limits of waiting bytes that are not given.
 *
 * @param defaultMaxBytes how many may wait in all when that is not given
 * @throws TypeError when one is not a positive whole number
 */
export function resolveWaitingLimits(given: SomeWaitingLimits, defaultMaxBytes: number): ByteLimits {
  const { maxWaitingBytesPerConnection: perConnection } = DEFAULT_LIMITS.createAuth;
  const {
    maxWaitingBytes = defaultMaxBytes,
    maxWaitingBytesPerConnection = Math.max(perConnection, MESSAGES * (given.readMaxBytes ?? 0)),
  } = given;
  assertPositive("maxWaitingBytes", maxWaitingBytes);
  assertPositive("maxWaitingBytesPerConnection", maxWaitingBytesPerConnection);
  return { maxBytes: maxWaitingBytes, maxBytesPerConnection: maxWaitingBytesPerConnection };
}
