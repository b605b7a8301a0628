import { AuthError } from "@countersign/server";

/**
 * Find in one line why something outside failed, for the operator, who can mend it.
 *
 * An outage of the store is a sentence for callers of RPCs: what the database said is in its cause. A host with several
 * addresses that all refuse comes as an AggregateError, whose own message is empty.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AuthError && error.cause !== undefined) {
    return reasonOf(error.cause);
  }
  if (error instanceof AggregateError && error.message === "") {
    return reasonOf(error.errors[0]);
  }
  return error instanceof Error && error.message !== "" ? error.message : "for no reason that it gave";
}

/**
 * Find what the database said, for users of the command, who may be able to mend it.
 *
 * @returns undefined when the error is no outage
 */
export function outageOf(error: unknown): string | undefined {
  const isOutage = error instanceof AuthError && error.reason === "AUTH_UNAVAILABLE";
  return isOutage ? reasonOf(error.cause) : undefined;
}
