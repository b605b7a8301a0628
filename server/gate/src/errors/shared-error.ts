import { AuthError, type AuthErrorOptions, type AuthReason } from "./auth-error.ts";
import { withoutStack } from "./without-stack.ts";

/**
 * Create the one error that many calls end with. It is frozen, so that no handler changes what the others read, and says
 * nothing of any of them.
 *
 * @param reason the cause, for programs
 * @param message the rule that was broken, as a sentence without a full stop
 * @param options what it carries beside them
 */
export function createSharedError(
  reason: AuthReason,
  message: string,
  options: Pick<AuthErrorOptions, "facts" | "retryAfterMs"> = {},
): AuthError {
  const error = withoutStack(() => new AuthError(reason, message, { ...options, metadata: NO_METADATA }));
  Object.freeze(error); // the frozen type has no private fields
  return error;
}

const NO_METADATA = Object.freeze({});
