import { AuthError, type AuthReason } from "@countersign/server";

/** What is thrown where a token was not looked at, or not to the end. */
const UNDECIDED: ReadonlySet<AuthReason> = new Set(["AUTH_UNAVAILABLE", "RATE_LIMITED"]);

/** Check whether an error says that a token is not good. The others say that this cannot be found out just now. */
export function isVerdictOnToken(error: unknown): error is AuthError {
  return error instanceof AuthError && !UNDECIDED.has(error.reason);
}
