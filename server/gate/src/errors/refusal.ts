import { AuthError, type AuthErrorOptions, type AuthReason } from "./auth-error.ts";
import { withoutStack } from "./without-stack.ts";

/**
 * Create the error of a call that is refused on its way in: an AuthError like any other, but as cheap as possible,
 * because a stranger decides how many are made.
 *
 * @param reason the cause, for programs
 * @param message the rule that was broken, as a sentence without a full stop
 * @param options metadata, the time to wait, and the cause
 */
export function createRefusal(reason: AuthReason, message: string, options?: AuthErrorOptions): AuthError {
  return withoutStack(() => new AuthError(reason, message, options));
}
