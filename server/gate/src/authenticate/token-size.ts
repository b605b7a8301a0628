import type { AuthError } from "../errors/auth-error.ts";
import { createRefusal } from "../errors/refusal.ts";
import { DEFAULT_LIMITS } from "../kernel/default-limits.ts";
import { assertPositive } from "../kernel/limits.ts";

/** The longest token that is taken where nothing else is said, in bytes. */
export const DEFAULT_MAX_TOKEN_BYTES: number = DEFAULT_LIMITS.createAuth.maxTokenBytes;
/** The longest that any setting allows, in bytes: parsing one stays a matter of microseconds. */
export const HIGHEST_MAX_TOKEN_BYTES = 64 * 1024;

/** Fill in the default of option `maxTokenBytes`. @throws TypeError when it makes no sense */
export function resolveMaxTokenBytes(bytes: number = DEFAULT_MAX_TOKEN_BYTES): number {
  assertPositive("maxTokenBytes", bytes);
  if (bytes > HIGHEST_MAX_TOKEN_BYTES) {
    throw new TypeError(`maxTokenBytes must be at most ${HIGHEST_MAX_TOKEN_BYTES}, and is ${bytes}`);
  }
  return bytes;
}

/** What the caller learns beside the sentence: a newer token is no shorter, so a client need not fetch one. */
const CAUSE = "token_too_long";

/**
 * Make the error of a token that is too long. Unlike other faults of a token it is spelt out to the caller: its length is
 * no secret, and a client that does not learn it would go on fetching tokens in vain.
 */
export function createTokenTooLongError(bytes: number, maxBytes: number): AuthError {
  const message = `the access token has ${bytes} bytes, and this server takes ${maxBytes} at the most`;
  return createRefusal("TOKEN_INVALID", message, {
    metadata: {
      cause: CAUSE,
      error: "invalid_request",
      token_bytes: String(bytes),
      max_token_bytes: String(maxBytes),
    },
    facts: { check: "token_size", expected: `at most ${maxBytes} bytes`, got: `${bytes} bytes` },
  });
}

/** Check whether an error says that a token is too long. */
export function isTokenTooLong({ metadata }: AuthError): boolean {
  return metadata.cause === CAUSE;
}

/** @throws AuthError `TOKEN_INVALID` when a token is longer than is taken. Its characters are bytes, as those of headers are */
export function assertTokenSize(token: string, maxBytes: number): void {
  if (token.length > maxBytes) {
    throw createTokenTooLongError(token.length, maxBytes);
  }
}
