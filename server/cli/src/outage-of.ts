import { AuthError } from "@countersign/server";
import { reasonOf } from "./reason-of.ts";

/**
 * Find what the database said, for users of the command, who may be able to mend it.
 *
 * @returns undefined when the error is no outage
 */
export function outageOf(error: unknown): string | undefined {
  const isOutage = error instanceof AuthError && error.reason === "AUTH_UNAVAILABLE";
  return isOutage ? reasonOf(error.cause) : undefined;
}
